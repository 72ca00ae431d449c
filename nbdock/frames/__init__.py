"""Frames: the schema of each, rows, and how they are shown."""
