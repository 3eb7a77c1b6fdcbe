"""The ground layer of an RDD: identity, lineage, persistence, running a job. No transformation of elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, NoReturn, cast

from unbounded.rdd.api.debug_string import debug_string
from unbounded.rdd.errors import RDD_ONLY_ON_DRIVER, PySparkRuntimeError, SparkException
from unbounded.rdd.execution.lineage import Kept, Mapped, Node
from unbounded.rdd.kernels.hashing import Partitioner
from unbounded.rdd.kernels.partition_functions import PartitionFunction

if TYPE_CHECKING:
    from unbounded.rdd.api.rdd import RDD
    from unbounded.rdd.context import SparkContext


class PartitionedData:
    """A context and a lineage; elements may be anything that can be pickled."""

    # programs write RDD[int] in annotations
    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(self, context: SparkContext, node: Node) -> None:
        self.ctx = context
        self.is_cached = False
        self.is_checkpointed = False
        self._node = node
        self._storage_level: Any = None

    def _derive(self, node: Node) -> RDD:
        if not isinstance(node, Mapped):
            self.ctx.running_engine.assign_id(node)
        return cast("RDD", type(self)(self.ctx, node))

    def _as_rdd(self) -> RDD:
        return cast("RDD", self)

    def mapPartitionsWithIndex(
        self, f: Callable[[int, Iterable[Any]], Iterable[Any]], preservesPartitioning: bool = False
    ) -> RDD:
        """A function from the number and the elements of each partition to new elements."""
        return self._mapped(f, keeps_partitioner=preservesPartitioning)

    def _mapped(self, function: PartitionFunction, *, keeps_partitioner: bool = False) -> RDD:
        node = self._node
        if isinstance(node, Mapped):
            return self._derive(node.then(function, keeps_partitioner=keeps_partitioner))
        return self._derive(Mapped(node, function, keeps_partitioner=keeps_partitioner))

    def _run(self, partitions: Iterable[int] | None = None) -> list[list[Any]]:
        """The elements of some or all partitions, partition by partition."""
        chosen = range(self._node.partition_count) if partitions is None else partitions
        return self.ctx.running_engine.run(self._node, chosen)

    @property
    def context(self) -> SparkContext:
        """The context this RDD was made in."""
        return self.ctx

    @property
    def partitioner(self) -> Partitioner | None:
        """How pairs were assigned to partitions, if that is known."""
        return self._node.partitioner

    def id(self) -> int:
        """A number no other RDD of the context has."""
        return self.ctx.running_engine.assign_id(self._node)

    def name(self) -> str | None:
        """The name given with `setName`, or the path of a file."""
        return self._node.name

    def setName(self, name: str) -> RDD:
        """Give this RDD a name."""
        self._node.name = name
        return self._as_rdd()

    def getNumPartitions(self) -> int:
        """How many partitions there are."""
        return self._node.partition_count

    def cache(self) -> RDD:
        """Keep the partitions once they are computed."""
        return self.persist()

    def persist(self, storageLevel: Any = None) -> RDD:
        """Keep the partitions once they are computed; every level keeps them in files of the working directory."""
        if not self.is_cached:
            self._keep()
        self.is_cached = True
        self._storage_level = storageLevel
        return self._as_rdd()

    def unpersist(self, blocking: bool = False) -> RDD:
        """Compute the partitions anew from now on."""
        self.is_cached = False
        self._storage_level = None
        node = self._node
        if isinstance(node, Kept) and not node.is_reliable:
            node.is_active = False
            for index in range(node.partition_count):
                node.path(index).unlink(missing_ok=True)
        return self._as_rdd()

    def getStorageLevel(self) -> Any:
        """The level given to `persist`; None for none."""
        return self._storage_level

    def _keep(self) -> None:
        node = self._node
        if isinstance(node, Kept):
            node.is_active = True
            return
        self._replace_node(self.ctx.running_engine.kept(node, is_reliable=False))

    def _replace_node(self, node: Node) -> None:
        node.rdd_id, node.name = self._node.rdd_id, self._node.name
        self._node = node

    def checkpoint(self) -> None:
        """Write the partitions into the checkpoint directory after the next job and forget the lineage."""
        directory = self.ctx.checkpoint_directory
        if directory is None:
            raise SparkException("Checkpoint directory has not been set in the SparkContext")
        self.is_checkpointed = True
        directory = directory / f"rdd-{self.id()}"
        directory.mkdir(parents=True)
        self._replace_node(Kept(self._node, directory, is_reliable=True))

    def localCheckpoint(self) -> None:
        """Keep the partitions in the working directory."""
        self.is_checkpointed = True
        self._replace_node(self.ctx.running_engine.kept(self._node, is_reliable=True))

    def isCheckpointed(self) -> bool:
        """Whether a checkpoint was asked for and is complete."""
        node = self._node
        return isinstance(node, Kept) and node.is_reliable and node.is_complete()

    def isLocallyCheckpointed(self) -> bool:
        """Whether the partitions are kept by `localCheckpoint`."""
        node = self._node
        return (
            isinstance(node, Kept) and node.is_reliable and node.directory.parent == self.ctx.running_engine.directory
        )

    def getCheckpointFile(self) -> str | None:
        """Where the checkpoint lies once it is complete."""
        node = self._node
        return f"file:{node.directory}" if isinstance(node, Kept) and self.isCheckpointed() else None

    def toDebugString(self) -> bytes:
        """The lineage, for people."""
        self.id()
        return debug_string(self._node).encode("utf-8")

    def __repr__(self) -> str:
        name = f"{self._node.name} " if self._node.name else ""
        return f"{name}{self._node.kind}[{self.id()}] at {self._node.call_site}"

    def __reduce__(self) -> NoReturn:
        raise PySparkRuntimeError(RDD_ONLY_ON_DRIVER)
