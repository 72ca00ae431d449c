"""The samples, each in the shape of a real image: its steps, its settings, its layers at about 1/400 of their size."""
