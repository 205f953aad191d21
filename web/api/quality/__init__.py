"""Quality control over REST: checklists, checks, lots and genealogy, nonconformances."""
