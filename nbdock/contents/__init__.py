"""What layers are made of: inflated, walked and checked in one pass. Bytes in, facts out; no I/O."""
