"""Tests of `unbounded`; see runner/README.md for the golden `.case` files."""
