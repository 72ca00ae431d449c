"""The application behind its pages: what a page asks for and what it is told. It runs in a kernel (`widgets/`) and in a
Jupyter server (`lab/`); the pages themselves are in `front/`.
"""
