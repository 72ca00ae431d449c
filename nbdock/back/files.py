"""The files of an image: a tree, a search, a picture, a preview."""
