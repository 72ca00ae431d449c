"""Surveys: what is in registries as a data set in a folder or an object store, read on as many machines as it takes."""
