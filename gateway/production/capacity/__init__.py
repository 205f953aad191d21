"""Capacity planning: load against available time, gaps by name with remedies, and the production plan."""
