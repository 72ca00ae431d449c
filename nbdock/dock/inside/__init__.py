"""What is inside images: files, packages, waste and differences, from the tables of their layers."""
