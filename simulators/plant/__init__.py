"""The plant as a pure model: no sockets, no wall clock, no global randomness."""
