"""Frames: their schemas, their rows, and how they are shown."""
