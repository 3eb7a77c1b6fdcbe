"""`unbounded run` and `unbounded sql`: an engine, or somebody else's, and a program on it.

The order makes the start quick: (1) the engine process starts, (2) PySpark is imported here meanwhile, (3) the program
runs and waits for the engine only at its first request.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence

from unbounded.embed.process import start_engine
from unbounded.embed.script import run_script, script_directory

ROWS_SHOWN_MAX = 1000


def run_program(script: str, arguments: Sequence[str], *, remote: str | None, settings: Mapping[str, str]) -> int:
    """Exit code of the program. `settings`: of the engine, and of every session on it."""
    _connect(remote, settings, import_paths=[script_directory(script)])
    return run_script(script, arguments)


def run_statement(statement: str, *, remote: str | None, settings: Mapping[str, str]) -> int:
    """Prints the statement's rows, if it has columns; the error goes to standard error."""
    _connect(remote, settings, import_paths=[])
    from pyspark.errors import PySparkException  # noqa: PLC0415  the engine has to be started first
    from pyspark.logger import PySparkLogger  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True  # the client would print the error a second time
    session = SparkSession.builder.getOrCreate()
    try:
        rows = session.sql(statement)
        if rows.columns:
            rows.show(ROWS_SHOWN_MAX, truncate=False)
    except PySparkException as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        session.stop()
    return 0


def _connect(remote: str | None, settings: Mapping[str, str], import_paths: Sequence[str]) -> None:
    """Makes the builder's default the server at `remote` or a new engine with `settings`."""
    engine = start_engine(settings, import_paths) if remote is None else None
    # Thousands of objects that will stay: collecting garbage among them costs a tenth of the start.
    gc.disable()
    from unbounded.embed.client_setup import prepare_client  # noqa: PLC0415  PySpark, while the engine is starting

    gc.freeze()
    gc.enable()
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    if engine is None:
        prepare_client(str(remote))
    else:
        prepare_client(engine.url, lambda: engine.is_running)
