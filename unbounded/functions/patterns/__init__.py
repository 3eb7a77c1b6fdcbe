"""Patterns: LIKE, and regular expressions in Java's syntax, translated to the engine's and to Python's."""
