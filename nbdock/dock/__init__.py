"""The operations of docker's image commands on objects: no frames, no output."""
