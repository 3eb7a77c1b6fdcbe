"""Spark without the JVM: runs PySpark programs, batch and streaming, on one machine.

`unbounded.session()` gives a SparkSession on an engine of this process's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

__version__ = "0.1.0"


def session(settings: Mapping[str, str] | None = None) -> SparkSession:
    """A session on this process's engine, which the first call starts and which ends with the process.

    `settings` are set in the session, as with `SparkSession.builder.config`.
    """
    from unbounded.embed.notebook import local_session  # noqa: PLC0415  the command and the engine import this package too

    return local_session(settings or {})
