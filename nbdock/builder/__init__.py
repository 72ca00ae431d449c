"""Images from Dockerfiles: the build context, the trees that COPY reads, the layers that it makes, and the images."""
