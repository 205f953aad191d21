"""Execution: jobs sent to machines or people, followed, counted and ended."""
