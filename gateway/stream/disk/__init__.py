"""The journal's file: its tables, its one writer, and what is done about damage."""
