"""Payloads: from a Python value to what is stored, and back."""
