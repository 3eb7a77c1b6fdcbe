"""What is sent to a worker and what comes back. Knows no process and no stage."""

from __future__ import annotations

import pickle
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from unbounded.rdd import shared_variables
from unbounded.rdd.errors import PythonException
from unbounded.rdd.execution.inputs import Block, Input
from unbounded.rdd.pickling import pickled

FIRST_FLUSH_LIMIT_ELEMENTS = 1000
SMALL_CHUNK_BYTES = 1 << 20
LARGE_CHUNK_BYTES = 11 << 20


class Task(Protocol):
    """Work for one partition."""

    def run(self) -> Any:
        """Do it."""


@dataclass(frozen=True, slots=True)
class CollectTask:
    """Gives all elements of a partition."""

    source: Input

    def run(self) -> list[Any]:
        """The elements."""
        return list(self.source.read())


@dataclass(frozen=True, slots=True)
class ShuffleTask:
    """Writes the pairs of a partition into one file, in chunks for the partitions they go to."""

    source: Input
    partitioner: bytes
    path: Path

    def run(self) -> dict[int, Block]:
        """Where the chunks of each target partition lie."""
        segments: dict[int, list[tuple[int, int]]] = defaultdict(list)
        with open(self.path, "wb") as stream:
            for target, chunk in self._chunks():
                content = pickled(chunk)
                segments[target].append((stream.tell(), len(content)))
                stream.write(content)
        return {target: Block(self.path, tuple(places)) for target, places in segments.items()}

    def _chunks(self) -> Iterator[tuple[int, list[Any]]]:
        partitioner = pickle.loads(self.partitioner)
        function, count = partitioner.partitionFunc, partitioner.numPartitions
        flush = _FlushLimit(min(10 * count, FIRST_FLUSH_LIMIT_ELEMENTS))
        buckets: dict[int, list[Any]] = defaultdict(list)
        held = 0
        for key, value in self.source.read():
            buckets[function(key) % count].append((key, value))
            held += 1
            if held > flush.limit:
                yield from buckets.items()
                flush.learn(buckets.values())
                buckets.clear()
                held = 0
        yield from buckets.items()


@dataclass(slots=True)
class _FlushLimit:
    """After how many elements chunks are written: grows until chunks reach a megabyte, as in Spark."""

    limit: int

    def learn(self, chunks: Iterable[list[Any]]) -> None:
        """Adjust the limit to the size of the chunks just written."""
        sample = next(iter(chunks))
        size = len(pickled(sample))
        if size < SMALL_CHUNK_BYTES:
            self.limit = int(self.limit * 1.5)
        elif size >= LARGE_CHUNK_BYTES:
            self.limit = max(int(self.limit / 1.5), 1)


@dataclass(frozen=True, slots=True)
class Done:
    """A task's result, and what it added to accumulators."""

    result: Any
    updates: dict[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A task's error: the worker's traceback, and the pickled exception if it can be pickled."""

    trace: str
    exception: bytes | None

    def error(self) -> PythonException:
        """The error to raise on the driver."""
        failure = PythonException(self.trace)
        failure.__cause__ = self._original()
        return failure

    def _original(self) -> BaseException | None:
        if self.exception is None:
            return None
        try:
            original = pickle.loads(self.exception)
        except Exception:  # an exception class of the program may refuse to be rebuilt; its text is in the trace
            return None
        return original if isinstance(original, BaseException) else None


def run_task(request: bytes) -> bytes:
    """Run a pickled task in this worker and pickle its outcome."""
    shared_variables.start_task()
    try:
        task: Task = pickle.loads(request)
        result = task.run()
        return pickled(Done(result, shared_variables.task_updates()))
    except Exception as error:
        return pickled(_failure(error))


def _failure(error: Exception) -> Failed:
    trace = "".join(traceback.format_exception(error)).rstrip("\n")
    try:
        return Failed(trace, pickled(error))
    except Exception:  # anything at all can hang on an exception
        return Failed(trace, None)
