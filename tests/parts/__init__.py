"""The real parts of the tests: registries that run, images that are whole, and the tools that read both."""
