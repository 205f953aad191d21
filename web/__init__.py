"""REST, live feed and pages; knows the contracts only."""
