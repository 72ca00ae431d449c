"""The packages of a layer, read from package databases and from what is installed, one file for each family.

Parsers get the path and the content of a file, and yield packages. Content is untrusted: a parser may raise, and what
it found before counts.
"""
