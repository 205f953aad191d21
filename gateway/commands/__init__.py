"""What each command of `taktline` does; `gateway.cli` names them."""
