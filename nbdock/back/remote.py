"""What registries have: a search, tags, the price of a pull."""
