"""What artifacts claim about images: signatures, SBOMs, provenance. They are read, and never checked; no I/O."""
