"""When did it change? Asked of kept samples, offline, in a process of its own."""
