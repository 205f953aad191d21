"""One strict schema, errors with line numbers."""
