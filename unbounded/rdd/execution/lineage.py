"""How an RDD comes about: nodes that know their parents and give the input of each partition. Nothing is run here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

from unbounded.rdd.execution.inputs import (
    Applied,
    Block,
    Concatenated,
    Crossed,
    Input,
    PickledBatches,
    ShuffleBlocks,
    Stored,
    Zipped,
)
from unbounded.rdd.kernels.batches import Batching, GrowingBatches, ShuffledBatches
from unbounded.rdd.kernels.hashing import Partitioner
from unbounded.rdd.kernels.partition_functions import PartitionFunction, pipelined
from unbounded.rdd.pickling import pickled_for_worker

_CALLED_BY_PROGRAM = "at NativeMethodAccessorImpl.java:0"


class Node(ABC):
    """One step of a lineage. `kind` and `call_site` are what Spark prints."""

    kind: ClassVar[str]
    call_site: ClassVar[str]

    def __init__(self, parents: Sequence[Node], batching: Batching, partitioner: Partitioner | None = None) -> None:
        self.parents = tuple(parents)
        self.batching = batching
        self.partitioner = partitioner
        self.rdd_id: int | None = None
        self.name: str | None = None

    @property
    def ids_taken(self) -> int:
        """How many RDDs of Spark's this is."""
        return 1

    @property
    @abstractmethod
    def partition_count(self) -> int:
        """How many partitions there are."""

    @abstractmethod
    def input(self, index: int) -> Input:
        """What a task reads to get one partition; shuffles above must have been run."""


class Given(Node):
    """Partitions whose inputs need no parent: collections of the program, files."""

    kind = "ParallelCollectionRDD"
    call_site = "readRDDFromFile at PythonRDD.scala:326"

    def __init__(self, inputs: Sequence[Input], batching: Batching) -> None:
        super().__init__((), batching)
        self._inputs = inputs

    @property
    def partition_count(self) -> int:
        return len(self._inputs)

    def input(self, index: int) -> Input:
        return self._inputs[index]


class Empty(Given):
    """No partition at all."""

    kind = "EmptyRDD"
    call_site = f"emptyRDD {_CALLED_BY_PROGRAM}"

    def __init__(self) -> None:
        super().__init__((), GrowingBatches())


class Files(Node):
    """Partitions of files, which are looked for when the first job or `getNumPartitions` asks."""

    kind = "MapPartitionsRDD"
    call_site = f"textFile {_CALLED_BY_PROGRAM}"

    def __init__(self, find: partial[Sequence[Input]], batching: Batching) -> None:
        super().__init__((), batching)
        self._find = find

    @property
    def ids_taken(self) -> int:
        return 2

    @cached_property
    def _inputs(self) -> Sequence[Input]:
        return self._find()

    @property
    def partition_count(self) -> int:
        return len(self._inputs)

    def input(self, index: int) -> Input:
        return self._inputs[index]


class Mapped(Node):
    """A function over each partition. It is pickled once, at the first job, with the values it sees then."""

    kind = "PythonRDD"
    call_site = "RDD at PythonRDD.scala:59"

    def __init__(self, parent: Node, function: PartitionFunction, *, keeps_partitioner: bool) -> None:
        super().__init__((parent,), GrowingBatches(), parent.partitioner if keeps_partitioner else None)
        self._function = function

    @property
    def partition_count(self) -> int:
        return self.parents[0].partition_count

    def then(self, function: PartitionFunction, *, keeps_partitioner: bool) -> Mapped:
        """Both functions in one step."""
        both = partial(pipelined, self._function, function)
        keeps_both = keeps_partitioner and self.partitioner is self.parents[0].partitioner
        return Mapped(self.parents[0], both, keeps_partitioner=keeps_both)

    @cached_property
    def _pickled_function(self) -> bytes:
        return pickled_for_worker(self._function)

    def input(self, index: int) -> Input:
        return Applied(self._pickled_function, index, self.parents[0].input(index))


class Shuffled(Node):
    """Pairs moved to the partition their key belongs to. `outputs` holds, for each map task, the blocks it wrote."""

    kind = "MapPartitionsRDD"
    call_site = "mapPartitions at PythonRDD.scala:197"

    def __init__(self, parent: Node, partitioner: Partitioner) -> None:
        super().__init__((parent,), ShuffledBatches(), partitioner)
        self.target = partitioner
        self.outputs: list[dict[int, Block]] | None = None

    @property
    def ids_taken(self) -> int:
        # Spark makes a step that adds the keys, unless it can be made part of the function before
        return 3 if isinstance(self.parents[0], Mapped) else 4

    @property
    def partition_count(self) -> int:
        return self.target.numPartitions

    @cached_property
    def pickled_partitioner(self) -> bytes:
        """The partitioner, ready for map tasks."""
        return pickled_for_worker(self.target)

    def input(self, index: int) -> Input:
        if self.outputs is None:
            raise AssertionError("a shuffle is read before it was run")
        return ShuffleBlocks(tuple(output[index] for output in self.outputs if index in output))


class United(Node):
    """All partitions of all parents, side by side."""

    kind = "UnionRDD"
    call_site = f"union {_CALLED_BY_PROGRAM}"

    def __init__(self, parents: Sequence[Node]) -> None:
        super().__init__(parents, common_batching(parents))

    @property
    def partition_count(self) -> int:
        return sum(parent.partition_count for parent in self.parents)

    def input(self, index: int) -> Input:
        for parent in self.parents:
            if index < parent.partition_count:
                return parent.input(index)
            index -= parent.partition_count
        raise IndexError(index)


class UnitedByPartition(Node):
    """Parents with one partitioner, partition by partition."""

    kind = "PartitionerAwareUnionRDD"
    call_site = f"union {_CALLED_BY_PROGRAM}"

    def __init__(self, parents: Sequence[Node]) -> None:
        super().__init__(parents, common_batching(parents), parents[0].partitioner)

    @property
    def partition_count(self) -> int:
        return self.parents[0].partition_count

    def input(self, index: int) -> Input:
        return Concatenated(tuple(parent.input(index) for parent in self.parents))


class Coalesced(Node):
    """Neighbouring partitions put together; never more than the parent has."""

    kind = "CoalescedRDD"
    call_site = f"coalesce {_CALLED_BY_PROGRAM}"

    def __init__(self, parent: Node, at_most: int) -> None:
        super().__init__((parent,), parent.batching)
        self._at_most = at_most

    @property
    def partition_count(self) -> int:
        return min(self._at_most, self.parents[0].partition_count)

    def input(self, index: int) -> Input:
        parent = self.parents[0]
        start, end = (place * parent.partition_count // self.partition_count for place in (index, index + 1))
        return Concatenated(tuple(parent.input(place) for place in range(start, end)))


class CartesianProduct(Node):
    """Each partition of the left with each of the right."""

    kind = "CartesianRDD"
    call_site = f"cartesian {_CALLED_BY_PROGRAM}"

    def __init__(self, left: Node, right: Node) -> None:
        super().__init__((left, right), GrowingBatches())

    @property
    def partition_count(self) -> int:
        return self.parents[0].partition_count * self.parents[1].partition_count

    def input(self, index: int) -> Input:
        left, right = self.parents
        left_index, right_index = divmod(index, right.partition_count)
        return Crossed(left.input(left_index), right.input(right_index), left.batching, right.batching)


class ZippedTogether(Node):
    """The elements of two parents in pairs."""

    kind = "ZippedPartitionsRDD2"
    call_site = f"zip {_CALLED_BY_PROGRAM}"

    def __init__(self, left: Node, right: Node) -> None:
        super().__init__((left, right), left.batching)

    @property
    def partition_count(self) -> int:
        return self.parents[0].partition_count

    def input(self, index: int) -> Input:
        left, right = self.parents
        return Zipped(left.input(index), right.input(index))


class Kept(Node):
    """A parent whose partitions stay in files once computed: `cache`, `persist`, `checkpoint`.

    `is_reliable` marks a checkpoint: it is completed after the first job and outlives the context.
    """

    kind = "PythonRDD"
    call_site = "RDD at PythonRDD.scala:59"

    def __init__(self, parent: Node, directory: Path, *, is_reliable: bool) -> None:
        super().__init__((parent,), parent.batching, parent.partitioner)
        self.directory = directory
        self.is_reliable = is_reliable
        self.is_active = True

    @property
    def partition_count(self) -> int:
        return self.parents[0].partition_count

    @property
    def ids_taken(self) -> int:
        return 0

    def path(self, index: int) -> Path:
        """The file of a partition."""
        return self.directory / f"part-{index:05d}"

    def is_complete(self) -> bool:
        """Whether no partition has to be computed any more."""
        return self.is_active and all(self.path(index).exists() for index in range(self.partition_count))

    def input(self, index: int) -> Input:
        parent = self.parents[0]
        if not self.is_active:
            return parent.input(index)
        if self.path(index).exists():
            return Stored(self.path(index), PickledBatches(()), self.batching)
        return Stored(self.path(index), parent.input(index), self.batching)


def parents_first(node: Node, stops_at: Callable[[Node], bool]) -> list[Node]:
    """The node and all it comes from, parents before children, each once; nothing above the nodes where this stops."""
    order: list[Node] = []
    seen: set[Node] = set()
    waiting = [(node, False)]
    while waiting:
        current, has_parents_done = waiting.pop()
        if has_parents_done:
            order.append(current)
        elif current not in seen:
            seen.add(current)
            waiting.append((current, True))
            if not stops_at(current):
                waiting.extend((parent, False) for parent in reversed(current.parents))
    return order


def common_batching(nodes: Sequence[Node]) -> Batching:
    """The batching of all nodes if they have one; else they are pickled anew."""
    first = nodes[0].batching
    return first if all(node.batching == first for node in nodes) else GrowingBatches()


def united(nodes: Sequence[Node]) -> Node:
    """The union of some nodes, by partition if they have the same partitioner."""
    partitioners = [node.partitioner for node in nodes if node.partition_count]
    if partitioners and partitioners[0] is not None and all(other == partitioners[0] for other in partitioners):
        return UnitedByPartition([node for node in nodes if node.partition_count])
    return United(nodes)
