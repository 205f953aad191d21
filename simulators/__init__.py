"""A simulated plant that stands in for equipment; knows nothing of the gateway."""
