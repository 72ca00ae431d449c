"""What docker's image commands do, on objects: a `Dock` and the operations on it. No frames, no notebook."""
