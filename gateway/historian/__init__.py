"""Every sample kept, behind one History port."""
