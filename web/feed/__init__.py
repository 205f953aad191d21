"""The live feed: what changed, to whom, how often, and never more than a client can take."""
