"""The families of rules, each a module of its own."""
