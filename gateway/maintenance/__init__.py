"""Work orders: what is to be done to machines, by whom, until when, and what it took."""
