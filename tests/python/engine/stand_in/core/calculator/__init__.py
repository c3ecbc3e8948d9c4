"""The stand-in engine's wrappers of natives, one module for each language."""
