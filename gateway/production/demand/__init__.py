"""Demand analysis: weekly demand, forecasts chosen by back-test, and people who know better with a reason."""
