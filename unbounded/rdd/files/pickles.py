"""Elements pickled into files: cached partitions, checkpoints and `saveAsPickleFile`. Not Hadoop's sequence file."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from unbounded.rdd.errors import UnsupportedOperationException
from unbounded.rdd.pickling import pickled

MAGIC = b"unbounded pickled elements 1\n"
LENGTH_SIZE_BYTES = 8


def write_pickles(path: Path, batches: Iterable[list[Any]]) -> None:
    """Write batches of elements; the file gets its name when it is complete."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with open(unfinished, "wb") as stream:
        stream.write(MAGIC)
        for batch in batches:
            write_frame(stream, pickled(batch))
    os.replace(unfinished, path)


def read_pickles(path: Path) -> Iterator[Any]:
    """The elements of such a file."""
    with open(path, "rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise UnsupportedOperationException(f"{path} was not written by saveAsPickleFile of this engine")
        while (frame := read_frame(stream)) is not None:
            yield from pickle.loads(frame)


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Write bytes behind their length."""
    stream.write(len(content).to_bytes(LENGTH_SIZE_BYTES, "big"))
    stream.write(content)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next bytes with a length before them; None at the end or when the rest is cut off."""
    header = stream.read(LENGTH_SIZE_BYTES)
    if len(header) < LENGTH_SIZE_BYTES:
        return None
    length = int.from_bytes(header, "big")
    content = stream.read(length)
    return content if len(content) == length else None
