"""Objects as bytes; what the script itself defines travels by value. The only user of cloudpickle."""

from __future__ import annotations

import pickle
from typing import Any

import cloudpickle

from unbounded.rdd.errors import pickling_error


def pickled(value: Any) -> bytes:
    """A value as bytes; `pickle.loads` reads them."""
    return bytes(cloudpickle.dumps(value))


def pickled_for_worker(value: Any) -> bytes:
    """A function or task as bytes; what cannot travel gives Spark's PicklingError."""
    try:
        return pickled(value)
    except pickle.PicklingError:
        raise
    except Exception as error:
        raise pickling_error(error) from error
