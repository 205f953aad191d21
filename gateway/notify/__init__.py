"""Who is told of what, by which channel, until somebody acknowledges."""
