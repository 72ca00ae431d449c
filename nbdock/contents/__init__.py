"""The contents of layers: compression, tars, and the pass over both. Bytes in, facts out; no I/O."""
