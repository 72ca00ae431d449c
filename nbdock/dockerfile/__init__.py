"""The language of Dockerfiles: lines, words, variables, and the instructions that change an image's config."""
