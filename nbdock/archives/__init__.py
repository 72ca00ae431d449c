"""Archives of images: docker's and OCI's, of every age, and OCI layouts in folders."""
