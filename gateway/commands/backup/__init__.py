"""`taktline backup` and `taktline restore`: the data folder in one file, and back only where all of it is sound."""
