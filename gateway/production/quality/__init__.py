"""Quality control: checklists that fall due by themselves, gates, nonconformances, and where each lot went."""
