"""How plans are found: the serial decoder, annealing, CP-SAT, and the child process they run in."""
