"""Golden `.case` files: read, run against any Spark Connect server, compare, rewrite. Never looks inside our engine."""

import sys

# A main module without a file (that of an xdist worker) is a doctest run to the client, which then wants a full Spark.
vars(sys.modules["__main__"]).setdefault("__file__", __file__)
