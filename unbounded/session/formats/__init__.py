"""Data sources by name: a module for each family, all of them in `registry`. A new one is a module and a line there."""
