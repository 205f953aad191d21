"""Relational state: tables and migrations."""
