"""Tables in and out: CSV and XLSX with templates, dry run, and every mistake at once."""
