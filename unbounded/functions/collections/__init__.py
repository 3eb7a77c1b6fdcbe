"""Functions over arrays and maps, and the functions that take lambdas."""
