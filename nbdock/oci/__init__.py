"""The OCI specifications as types: digests, references, platforms, descriptors, manifests, configs. No I/O."""
