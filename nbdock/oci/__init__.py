"""The words of the OCI specs, as types. No I/O."""
