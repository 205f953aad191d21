"""Feeds the rules from the journal and turns their events into issues."""
