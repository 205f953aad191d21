"""Whether a fix holds: criteria chosen from templates, watched on the data, and nothing else closes an issue."""
