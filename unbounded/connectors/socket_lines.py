"""The source `socket`: lines of text from a TCP connection, for tutorials. What is lost with a crash stays lost, as in
Spark: an offset counts the lines of this query, and a batch that is replayed by a later run has no rows.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unbounded.clock import Clock
from unbounded.connectors.arrow_rows import ArrowRows
from unbounded.connectors.option_values import INT_MAX, whole_number
from unbounded.connectors.streams import SourceContext
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, analysis_error
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import STRING, TIMESTAMP, StructField, StructType

_LINES = StructType((StructField("value", STRING),))
_LINES_WITH_TIME = StructType((StructField("value", STRING), StructField("timestamp", TIMESTAMP)))
_CHUNK_BYTES = 1 << 18
_CONNECT_TIMEOUT_S = 10.0
BUFFERED_LINES_MAX = 10_000_000
"""Lines that wait for a batch; then the sender has to wait."""


@dataclass(frozen=True, slots=True)
class SocketProvider:
    host: str
    port: int
    schema: StructType

    def open(self, context: SourceContext) -> SocketSource:
        """Raises: SparkError if nobody answers at the address"""
        try:
            connection = socket.create_connection((self.host, self.port), _CONNECT_TIMEOUT_S)
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"The socket source cannot connect to {self.host}:{self.port}: {reason}"
            raise SparkError(ErrorKind.SPARK, NO_CONDITION, {"message": message}) from error
        connection.settimeout(None)
        return SocketSource(self, connection, context.clock)


def socket_provider(options: Mapping[str, str]) -> SocketProvider:
    """Raises: SparkError for missing or wrong options"""
    if "host" not in options:
        raise analysis_error("_LEGACY_ERROR_TEMP_1295")
    if "port" not in options:
        raise analysis_error("_LEGACY_ERROR_TEMP_1296")
    includes_time = options.get("includetimestamp", "false").lower()
    if includes_time not in ("true", "false"):
        raise analysis_error("_LEGACY_ERROR_TEMP_1297")
    schema = _LINES_WITH_TIME if includes_time == "true" else _LINES
    return SocketProvider(options["host"], whole_number(options["port"], INT_MAX), schema)


class SocketSource:
    """Implements `connectors.streams.StreamSource`. A thread receives, so that a line has the time at which it came."""

    def __init__(self, provider: SocketProvider, connection: socket.socket, clock: Clock) -> None:
        self._provider = provider
        self._connection = connection
        self._clock = clock
        self._schema = to_arrow_schema(provider.schema, "UTC")
        self._changed = threading.Condition()
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_count = 0
        self._committed: int | None = None
        self._seen_count = 0
        self._is_closed = False
        name = f"socket source {provider.host}:{provider.port}"
        self._thread = threading.Thread(target=self._receive, name=name, daemon=True)
        self._thread.start()

    @property
    def description(self) -> str:
        return f"TextSocketV2[host: {self._provider.host}, port: {self._provider.port}]"

    # ------------------------------------------------------------------------------------------ the query's thread

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str:
        with self._changed:
            if self._committed is None:
                self._committed = _ordinal(start)
            self._seen_count = self._waiting_count
            return str(self._committed + self._waiting_count)

    def wait_for_data(self, timeout_us: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting_count > self._seen_count, timeout_us / 1e6)

    def batch(self, start: str | None, end: str) -> ArrowRows:
        with self._changed:
            if self._committed is None:
                self._committed = int(end)
            table = pa.Table.from_batches(self._waiting, self._schema)
            first = max(_ordinal(start) - self._committed, 0)
            count = max(int(end) - self._committed - first, 0)
            return ArrowRows(table.slice(first, count), self._provider.schema)

    def commit(self, end: str) -> None:
        with self._changed:
            done = int(end) - (int(end) if self._committed is None else self._committed)
            self._waiting = pa.Table.from_batches(self._waiting, self._schema).slice(done).to_batches()
            self._waiting_count -= done
            self._seen_count = max(self._seen_count - done, 0)
            self._committed = int(end)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        with contextlib.suppress(OSError):  # the other side was first
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
        self._thread.join()

    # ------------------------------------------------------------------------------------------ the receiving thread

    def _receive(self) -> None:
        rest = b""
        try:
            while chunk := self._connection.recv(_CHUNK_BYTES):
                received = rest + chunk
                end = _end_of_lines(received)
                self._add(received[:end])
                rest = received[end:]
        except OSError:
            return  # closed from this side, or lost: the query has no more lines, as in Spark
        self._add(rest if rest.endswith(b"\r") or not rest else rest + b"\n")

    def _add(self, text: bytes) -> None:
        """`text` are whole lines with their ends; waits while too many lines wait."""
        if not text:
            return
        lines = pc.split_pattern_regex(pa.array([text.decode("utf-8", "replace")]), r"\r\n|\n|\r").values[:-1]
        now_us = self._clock.now_us() // 1000 * 1000
        columns = [lines]
        if len(self._schema) == 2:
            columns.append(pa.array(np.full(len(lines), now_us)).cast(self._schema.types[1]))
        batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        with self._changed:
            self._changed.wait_for(lambda: self._waiting_count < BUFFERED_LINES_MAX or self._is_closed)
            self._waiting.append(batch)
            self._waiting_count += batch.num_rows
            self._changed.notify_all()


def _ordinal(offset: str | None) -> int:
    """Of the last line before; the first line has the ordinal 0."""
    return -1 if offset is None else int(offset)


def _end_of_lines(received: bytes) -> int:
    """The end of the last whole line. A carriage return at the very end may be the first half of a line's end."""
    return max(received.rfind(b"\n"), received.rfind(b"\r", 0, len(received) - 1)) + 1
