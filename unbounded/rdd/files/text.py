"""Text files as lines: where Hadoop would split a file, and which lines a split owns. Finds no files."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from typing import IO

from unbounded.rdd.errors import UnsupportedOperationException
from unbounded.rdd.files.listing import FoundFile

LOCAL_BLOCK_SIZE_BYTES = 32 << 20
SPLIT_SLOP = 1.1
READ_SIZE_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNSUPPORTED_SUFFIXES = (".deflate", ".lz4", ".snappy", ".zst", ".lzo")


BinaryStream = BufferedIOBase | IO[bytes]


@dataclass(frozen=True, slots=True)
class TextSplit:
    """The lines that begin within (start, end] of a file; the first split owns the line at 0 too."""

    path: str
    start: int
    end: int

    def lines(self) -> Iterator[bytes]:
        """The lines without their ends, which are LF, CR LF or CR."""
        suffix = os.path.splitext(self.path)[1]
        if suffix in _UNSUPPORTED_SUFFIXES:
            raise UnsupportedOperationException(f"{self.path}: files compressed as {suffix} cannot be read")
        opener = _OPENERS.get(suffix)
        if opener is None:
            return self._plain_lines()
        # a compressed file is read as a whole by its first split
        return self._all_lines(opener) if self.start == 0 else iter(())

    def _plain_lines(self) -> Iterator[bytes]:
        with open(self.path, "rb") as stream:
            if self.start == 0:
                _skip_byte_order_mark(stream)
            position = stream.seek(self.start) if self.start else stream.tell()
            is_first_line_foreign = self.start > 0
            for line, size in _lines_with_sizes(stream):
                if position > self.end:
                    return
                position += size
                if is_first_line_foreign:
                    is_first_line_foreign = False
                else:
                    yield line

    def _all_lines(self, opener: Callable[[str], BinaryStream]) -> Iterator[bytes]:
        with opener(self.path) as stream:
            for line, _ in _lines_with_sizes(stream):
                yield line


_OPENERS: dict[str, Callable[[str], BinaryStream]] = {
    ".gz": lambda path: gzip.GzipFile(path, "rb"),
    ".bz2": lambda path: bz2.BZ2File(path, "rb"),
}


def text_splits(files: Sequence[FoundFile], minimum: int) -> list[TextSplit]:
    """The splits Hadoop makes of the files when asked for at least `minimum`; empty files have none."""
    goal = sum(file.size_bytes for file in files) // max(minimum, 1)
    split_size = max(1, min(goal, LOCAL_BLOCK_SIZE_BYTES))
    return [split for file in files for split in _splits_of(file, split_size)]


def _splits_of(file: FoundFile, split_size: int) -> Iterator[TextSplit]:
    start, remaining = 0, file.size_bytes
    if not file.path.endswith(".gz"):
        while remaining / split_size > SPLIT_SLOP:
            yield TextSplit(file.path, start, start + split_size)
            start += split_size
            remaining -= split_size
    if remaining:
        yield TextSplit(file.path, start, start + remaining)


def _skip_byte_order_mark(stream: IO[bytes]) -> None:
    if stream.read(len(BYTE_ORDER_MARK)) != BYTE_ORDER_MARK:
        stream.seek(0)


def _lines_with_sizes(stream: BinaryStream) -> Iterator[tuple[bytes, int]]:
    """Each line without its end, and how many bytes it takes with it."""
    rest = b""
    while block := stream.read(READ_SIZE_BYTES):
        *lines, rest = (rest + block).splitlines(keepends=True)
        for line in lines:
            yield _without_end(line), len(line)
        if rest.endswith(b"\n"):
            yield _without_end(rest), len(rest)
            rest = b""
    for line in rest.splitlines(keepends=True):
        yield _without_end(line), len(line)


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line.removesuffix(b"\r")
