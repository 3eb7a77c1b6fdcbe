"""Numbers: arithmetic, decimals, rounding, elementary functions, bits, bases, random numbers. One table a module."""
