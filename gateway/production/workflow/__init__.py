"""Workflow design: routings as graphs in role lanes, their checks, versions with review, and the live flow."""
