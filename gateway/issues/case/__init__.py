"""What people fill in about an issue, and what each gate of its life cycle wants of it."""
