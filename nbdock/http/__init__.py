"""HTTP, on httpx: what the clients of registries and of engines share."""
