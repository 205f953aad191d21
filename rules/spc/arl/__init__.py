"""Average run lengths of charts, and the limits that give a wanted one (rules.md §1.4)."""
