"""The routes of execution: stations, jobs, stops, calls."""
