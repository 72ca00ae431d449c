"""The magics `%image`, `%docker` and `%container`, their completion and their progress."""
