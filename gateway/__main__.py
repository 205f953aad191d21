"""`python -m gateway` is the `taktline` command."""

from gateway.cli import main

main()
