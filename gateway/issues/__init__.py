"""Issues, their evidence and their history."""
