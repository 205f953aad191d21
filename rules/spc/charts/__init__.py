"""Limits and statistics of control charts, over the last axes of arrays (rules.md §1.2)."""
