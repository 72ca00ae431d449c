"""Engines: Docker's and Podman's, over their HTTP API. They have images, and take archives."""
