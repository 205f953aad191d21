"""Performance: machine states and counters become sums in the store, and sums become KPIs when read."""
