"""Scheduling: greedy seed, annealing, exact search where it wins, and a checker that shares no code with them."""
