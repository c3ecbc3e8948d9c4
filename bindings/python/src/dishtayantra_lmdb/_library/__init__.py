"""The shared library: loading it, its functions, and what it makes for Python."""
