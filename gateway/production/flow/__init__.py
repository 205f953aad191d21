"""The flow of a line: bottleneck, starved and blocked machines, pace, and how shift and order will end."""
