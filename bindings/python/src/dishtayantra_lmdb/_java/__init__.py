"""Payloads of calculators in a JVM."""
