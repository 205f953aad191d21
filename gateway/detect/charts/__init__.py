"""Control charts read from the running rules and from history."""
