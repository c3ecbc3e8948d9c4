"""A store in Python: the transport, views, loans and references."""
