"""Sample images for places with no network: made here, the same byte for byte on every machine."""
