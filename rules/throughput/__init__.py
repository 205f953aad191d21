"""Throughput: counters, state times, ISO 22400 sums and ratios, bottleneck, forecast; pure numpy."""
