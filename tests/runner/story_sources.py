"""Sources of streaming stories: folders of JSON files, a socket that lines come from, sources that make up rows."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.sql.streaming.listener import StreamingQueryProgress

FILES, SOCKET = "json", "socket"


@dataclass(frozen=True, slots=True)
class Source:
    """`format` json: a folder of files with these columns. `select` is a SQL select list, empty for all columns."""

    name: str
    format: str
    columns: str
    select: str
    options: dict[str, str] = field(default_factory=dict)


def declared_source(declaration: str, select: str) -> Source:
    """`NAME (columns) [option=…]`, `NAME format=… [option=…]`"""
    found = re.fullmatch(r"(\w+) ?(?:\((.*)\))?(.*)", declaration)
    assert found is not None
    options = dict(setting.split("=", 1) for setting in found[3].split())
    return Source(found[1], options.pop("format", FILES), found[2] or "", select, options)


class LineServer:
    """What a socket source connects to. The lines of a run go to the connection of that run."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connection: socket.socket | None = None
        self._sent = 0

    @property
    def address(self) -> dict[str, str]:
        """The options of a reader."""
        host, port = self._listener.getsockname()
        return {"host": host, "port": str(port)}

    def send(self, lines: Sequence[str]) -> None:
        """To the query that runs; waits until it connects."""
        if not lines:
            return
        if self._connection is None:
            self._connection, _ = self._listener.accept()
        self._connection.sendall("".join(f"{line}\n" for line in lines).encode())
        self._sent += len(lines)

    def has_been_read(self, progress: Sequence[StreamingQueryProgress]) -> bool:
        """Whether the batches of a run have all lines that were sent to it."""
        return sum(lines_read(batch) for batch in progress) >= self._sent

    def disconnect(self) -> None:
        """The run is over."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._sent = None, 0

    def close(self) -> None:
        self.disconnect()
        self._listener.close()


def lines_read(batch: StreamingQueryProgress) -> int:
    return sum(source.numInputRows for source in batch.sources if "Socket" in source.description)
