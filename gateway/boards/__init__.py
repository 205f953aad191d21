"""Boards and views that people make: what they may hold, where they are kept, and how they travel as YAML."""

from gateway.boards.desk import BoardDesk

__all__ = ["BoardDesk"]
