"""Images on their way from one place to another: registries, the store, archives, folders, engines."""
