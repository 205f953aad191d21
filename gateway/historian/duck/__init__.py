"""The embedded historian's inner rooms: engine, files, writing, reading, upkeep."""
