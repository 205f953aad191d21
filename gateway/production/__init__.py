"""Production management around the machines: one room a phase, from demand to improvement."""
