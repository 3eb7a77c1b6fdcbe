"""Imports the protocol's stubs from the client package without the client's own dependencies.

`pyspark.sql.connect` does one thing when it is imported: it checks that pandas and the rest of the client's
dependencies are there, and so imports pandas (0.3 s). The engine needs only `pyspark.sql.connect.proto`. A second copy
of the stubs is no way out: one process cannot register the same protocol files twice.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec, module_from_spec

_PACKAGE = "pyspark.sql.connect"


def skip_dependency_check() -> None:
    """Puts the package in place without running its `__init__`; does nothing if it has been imported."""
    if _PACKAGE in sys.modules:
        return
    spec = find_spec(_PACKAGE)
    if spec is None:
        raise ImportError("pyspark-client is not installed", name=_PACKAGE)
    parent, _, name = _PACKAGE.rpartition(".")
    package = module_from_spec(spec)
    sys.modules[_PACKAGE] = package
    setattr(importlib.import_module(parent), name, package)
