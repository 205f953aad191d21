"""Statistical process control: constants, charts, run rules, run lengths, limits and capability (rules.md §1)."""
