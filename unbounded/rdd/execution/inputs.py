"""What a task reads: the lineage of one partition, ready to travel to a worker. Knows no RDD and no other partition."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, product, zip_longest
from pathlib import Path
from typing import Any

from unbounded.rdd.errors import SparkException
from unbounded.rdd.files.pickles import read_pickles, write_pickles
from unbounded.rdd.files.text import TextSplit
from unbounded.rdd.kernels.batches import Batching, FixedBatches, GrowingBatches, ShuffledBatches

_MISSING = object()


class Input(ABC):
    """The elements of one partition."""

    @property
    @abstractmethod
    def runs_functions(self) -> bool:
        """Whether reading calls functions of the program."""

    @abstractmethod
    def read(self) -> Iterator[Any]:
        """The elements, in order."""

    def read_batches(self, batching: Batching) -> Iterator[list[Any]]:
        """The elements in the batches their RDD pickles them in."""
        return batching.cut(self.read())


@dataclass(frozen=True, slots=True)
class PickledBatches(Input):
    """Elements of the program, pickled when they were given."""

    pickles: tuple[bytes, ...]

    @property
    def runs_functions(self) -> bool:
        return False

    def read(self) -> Iterator[Any]:
        for batch in self.pickles:
            yield from pickle.loads(batch)


@dataclass(frozen=True, slots=True)
class TextLines(Input):
    """The lines of a split of a text file."""

    split: TextSplit
    as_text: bool

    @property
    def runs_functions(self) -> bool:
        return False

    def read(self) -> Iterator[Any]:
        if not self.as_text:
            return self.split.lines()
        return (line.decode("utf-8", "replace") for line in self.split.lines())


@dataclass(frozen=True, slots=True)
class WholeFiles(Input):
    """Pairs of a file's URL and its content."""

    paths: tuple[str, ...]
    as_text: bool

    @property
    def runs_functions(self) -> bool:
        return False

    def read(self) -> Iterator[Any]:
        for path in self.paths:
            content = Path(path).read_bytes()
            yield f"file:{path}", content.decode("utf-8", "replace") if self.as_text else content


@dataclass(frozen=True, slots=True)
class PickleFile(Input):
    """The elements of a file of pickles."""

    path: Path

    @property
    def runs_functions(self) -> bool:
        return False

    def read(self) -> Iterator[Any]:
        return read_pickles(self.path)


@dataclass(frozen=True, slots=True)
class Applied(Input):
    """A function of the program over another input."""

    function: bytes
    index: int
    source: Input

    @property
    def runs_functions(self) -> bool:
        return True

    def read(self) -> Iterator[Any]:
        function = pickle.loads(self.function)
        return iter(function(self.index, self.source.read()))


@dataclass(frozen=True, slots=True)
class Concatenated(Input):
    """Several inputs, one after the other."""

    sources: tuple[Input, ...]

    @property
    def runs_functions(self) -> bool:
        return any(source.runs_functions for source in self.sources)

    def read(self) -> Iterator[Any]:
        return chain.from_iterable(source.read() for source in self.sources)

    def read_batches(self, batching: Batching) -> Iterator[list[Any]]:
        return chain.from_iterable(source.read_batches(batching) for source in self.sources)


@dataclass(frozen=True, slots=True)
class Crossed(Input):
    """All pairs of two inputs, batch by batch: the right side is read again for each batch of the left."""

    left: Input
    right: Input
    left_batching: Batching
    right_batching: Batching

    @property
    def runs_functions(self) -> bool:
        return self.left.runs_functions or self.right.runs_functions

    def read(self) -> Iterator[Any]:
        for left_batch in self.left.read_batches(self.left_batching):
            for right_batch in self.right.read_batches(self.right_batching):
                yield from product(left_batch, right_batch)


@dataclass(frozen=True, slots=True)
class Zipped(Input):
    """Pairs of the elements at the same places of two inputs."""

    left: Input
    right: Input

    @property
    def runs_functions(self) -> bool:
        return self.left.runs_functions or self.right.runs_functions

    def read(self) -> Iterator[Any]:
        for pair in zip_longest(self.left.read(), self.right.read(), fillvalue=_MISSING):
            if pair[0] is _MISSING or pair[1] is _MISSING:
                raise SparkException("Can only zip RDDs with same number of elements in each partition")
            yield pair


@dataclass(frozen=True, slots=True)
class Block:
    """Where the elements of one reduce partition lie in the file of one map task."""

    path: Path
    segments: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ShuffleBlocks(Input):
    """What all map tasks of a shuffle wrote for one partition, in the order of the tasks."""

    blocks: tuple[Block, ...]

    @property
    def runs_functions(self) -> bool:
        return False

    def read(self) -> Iterator[Any]:
        return chain.from_iterable(self._chunks())

    def read_batches(self, batching: Batching) -> Iterator[list[Any]]:
        match batching:
            case ShuffledBatches():
                return self._chunks()
            case FixedBatches() | GrowingBatches():
                return batching.cut(self.read())

    def _chunks(self) -> Iterator[list[Any]]:
        for block in self.blocks:
            with open(block.path, "rb") as stream:
                for offset, length in block.segments:
                    stream.seek(offset)
                    yield pickle.loads(stream.read(length))


@dataclass(frozen=True, slots=True)
class Stored(Input):
    """An input that is kept in a file from the first reading on; the whole partition is computed for it."""

    path: Path
    source: Input
    batching: Batching

    @property
    def runs_functions(self) -> bool:
        return not self.path.exists() and self.source.runs_functions

    def read(self) -> Iterator[Any]:
        if not self.path.exists():
            write_pickles(self.path, self.source.read_batches(self.batching))
        return read_pickles(self.path)


def elements_of(inputs: Iterable[Input]) -> list[Any]:
    """All elements of some inputs, read here."""
    return [element for source in inputs for element in source.read()]
