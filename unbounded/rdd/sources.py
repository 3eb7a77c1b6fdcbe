"""Lineages that begin: collections of the program and files. Knows no context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from unbounded.rdd.execution.inputs import Input, PickledBatches, PickleFile, TextLines, WholeFiles
from unbounded.rdd.execution.lineage import Files, Given, Mapped
from unbounded.rdd.files.listing import FoundFile, find_files, split_paths
from unbounded.rdd.files.text import text_splits
from unbounded.rdd.kernels.batches import (
    Batching,
    FixedBatches,
    GrowingBatches,
    parallelized_batch_size,
    slice_evenly,
)
from unbounded.rdd.kernels.partition_functions import number_range
from unbounded.rdd.pickling import pickled

BINARY_SPLIT_SIZE_BYTES = 128 << 20
BINARY_OPEN_COST_BYTES = 4 << 20
ONE_BY_ONE = FixedBatches(1)


def collection(elements: Iterable[Any], slice_count: int) -> Given:
    """The elements of a collection, pickled now, sliced by whole batches."""
    items = elements if isinstance(elements, Sequence) else list(elements)
    batching = FixedBatches(parallelized_batch_size(len(items), slice_count))
    pickles = [pickled(batch) for batch in batching.cut(items)]
    slices = slice_evenly(pickles, max(slice_count, 0))
    return Given([PickledBatches(tuple(batches)) for batches in slices], batching)


def number_sequence(numbers: range, slice_count: int) -> Given | Mapped:
    """A range of numbers, computed in the tasks."""
    if not numbers:
        return collection([], slice_count)
    slice_of = partial(number_range, numbers.start, numbers.step, len(numbers), slice_count)
    return Mapped(collection([], slice_count), slice_of, keeps_partitioner=False)


def text_lines(paths: str, minimum: int, *, as_text: bool) -> Files:
    """The lines of text files, split as Hadoop would."""
    node = _files(partial(_text_inputs, split_paths(paths), minimum, as_text=as_text), ONE_BY_ONE)
    node.name = paths
    return node


def whole_files(paths: str, minimum: int, *, as_text: bool) -> Files:
    """Pairs of URL and content of files."""
    node = _files(partial(_whole_file_inputs, split_paths(paths), minimum, as_text=as_text), ONE_BY_ONE)
    node.name = paths
    return node


def pickle_files(path: str) -> Files:
    """The elements of files written by `saveAsPickleFile`, one partition for each file."""
    return _files(partial(_pickle_inputs, split_paths(path)), GrowingBatches())


def _files(find: partial[Sequence[Input]], batching: Batching) -> Files:
    return Files(find, batching)


def _text_inputs(paths: list[str], minimum: int, *, as_text: bool) -> Sequence[Input]:
    return [TextLines(split, as_text) for split in text_splits(find_files(paths), minimum)]


def _pickle_inputs(paths: list[str]) -> Sequence[Input]:
    return [PickleFile(Path(file.path)) for file in find_files(paths)]


def _whole_file_inputs(paths: list[str], minimum: int, *, as_text: bool) -> Sequence[Input]:
    files = find_files(paths)
    total = sum(file.size_bytes for file in files)
    limit = -(-total // max(minimum, 1)) if as_text else _binary_split_size(files, minimum)
    return [WholeFiles(tuple(file.path for file in group), as_text) for group in _grouped_by_size(files, limit)]


def _binary_split_size(files: Sequence[FoundFile], minimum: int) -> int:
    total = sum(file.size_bytes + BINARY_OPEN_COST_BYTES for file in files)
    return min(BINARY_SPLIT_SIZE_BYTES, max(BINARY_OPEN_COST_BYTES, total // max(minimum, 1)))


def _grouped_by_size(files: Sequence[FoundFile], limit: int) -> list[list[FoundFile]]:
    """Neighbours together until they reach the limit."""
    groups: list[list[FoundFile]] = []
    room = 0
    for file in files:
        if room <= 0:
            groups.append([])
            room = limit
        groups[-1].append(file)
        room -= file.size_bytes
    return groups
