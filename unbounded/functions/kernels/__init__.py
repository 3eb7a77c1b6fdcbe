"""Functions that engine SQL cannot express: vectorised, Arrow in, Arrow out. One table per family, joined in `table`.

A function's row writes `kernel_<name>(...)` into its engine SQL; execution makes the kernels a query names known to
the engine. Parameters and result have fixed engine types; a kernel gets every row, also those with NULL.
"""
