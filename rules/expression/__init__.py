"""Expressions over several signals: a closed table of operators, evaluated over many instances at once."""
