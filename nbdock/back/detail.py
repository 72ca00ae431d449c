"""What is known of one image."""
