"""`taktline backup`, `restore` and `upgrade`: the data folder in one file, and back only where all of it is sound."""
