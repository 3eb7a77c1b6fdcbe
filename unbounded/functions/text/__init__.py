"""Strings: characters, positions, padding, formats, encodings, URLs. One table a module."""
