"""The one guarded way to a machine: select, operate once, read back."""
