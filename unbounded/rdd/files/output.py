"""A directory of part files: refuses an old one, shows no half file, marks success. Knows no RDD."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any

from unbounded.rdd.errors import FileAlreadyExistsException, UnsupportedOperationException
from unbounded.rdd.files.listing import local_path
from unbounded.rdd.files.pickles import write_pickles
from unbounded.rdd.kernels.batches import FixedBatches, GrowingBatches

SUCCESS_MARK = "_SUCCESS"
_UNFINISHED = "_temporary"


BinaryStream = BufferedIOBase | IO[bytes]


def _open_plain(path: Path) -> BinaryStream:
    return open(path, "wb")


def _open_gzip(path: Path) -> BinaryStream:
    return gzip.GzipFile(path, "wb", mtime=0)


def _open_bzip2(path: Path) -> BinaryStream:
    return bz2.BZ2File(path, "wb")


@dataclass(frozen=True, slots=True)
class Codec:
    """How part files are compressed, and the ending that says so."""

    suffix: str
    open: Callable[[Path], BinaryStream]


_CODECS = {
    None: Codec("", _open_plain),
    "org.apache.hadoop.io.compress.GzipCodec": Codec(".gz", _open_gzip),
    "org.apache.hadoop.io.compress.BZip2Codec": Codec(".bz2", _open_bzip2),
}


def codec_named(name: str | None) -> Codec:
    """The codec of a Hadoop class name."""
    codec = _CODECS.get(name)
    if codec is None:
        raise UnsupportedOperationException(f"Compression codec {name} is not available: use GzipCodec or BZip2Codec")
    return codec


@dataclass(frozen=True, slots=True)
class OutputDirectory:
    """A directory that is being written: 1. begin, 2. tasks write parts, 3. commit or abort."""

    path: Path

    @classmethod
    def begin(cls, path: str) -> OutputDirectory:
        """Make the directory; one that is there already is refused, whatever is in it."""
        directory = cls(Path(local_path(path)))
        if directory.path.exists():
            raise FileAlreadyExistsException(f"Output directory file:{directory.path} already exists")
        directory._unfinished.mkdir(parents=True)
        return directory

    @property
    def _unfinished(self) -> Path:
        return self.path / _UNFINISHED

    def write_text(self, codec: Codec, index: int, elements: Iterable[Any]) -> Iterator[str]:
        """Write one part, a line for each element."""
        name = f"part-{index:05d}{codec.suffix}"
        with codec.open(self._unfinished / name) as stream:
            for element in elements:
                stream.write(_as_bytes(element) + b"\n")
        return iter((name,))

    def write_pickles(self, batch_size: int, index: int, elements: Iterable[Any]) -> Iterator[str]:
        """Write one part of pickled batches; size 0 lets them grow."""
        name = f"part-{index:05d}"
        batching = FixedBatches(batch_size) if batch_size > 0 else GrowingBatches()
        write_pickles(self._unfinished / name, batching.cut(elements))
        return iter((name,))

    def commit(self, parts: Iterable[str]) -> None:
        """Give all parts their final names, then mark success."""
        for name in parts:
            os.replace(self._unfinished / name, self.path / name)
        self._unfinished.rmdir()
        (self.path / SUCCESS_MARK).touch()

    def abort(self) -> None:
        """Remove what was written; the directory stays, as in Spark."""
        shutil.rmtree(self._unfinished, ignore_errors=True)


def _as_bytes(element: Any) -> bytes:
    if isinstance(element, bytes):
        return element
    return str(element).encode("utf-8")
