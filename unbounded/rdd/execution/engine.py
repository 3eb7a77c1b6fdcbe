"""Runs jobs: shuffles first, one wave of tasks for each stage, then the result. Knows lineage, not the RDD API."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unbounded.rdd.added_files import ROOT_VARIABLE
from unbounded.rdd.execution.lineage import Kept, Node, Shuffled, parents_first
from unbounded.rdd.execution.tasks import CollectTask, ShuffleTask
from unbounded.rdd.execution.worker_pool import WorkerPool
from unbounded.rdd.kernels.hashing import HASH_SEED_VARIABLE


class Engine:
    """The workers, the working directory and the counters of one context. One job runs at a time."""

    def __init__(self, worker_count: int, local_directory: str | None, environment: Mapping[str, str]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="unbounded-rdd-", dir=local_directory))
        self.start_time_ms = self.directory.stat().st_ctime_ns // 1_000_000
        self._lock = threading.RLock()
        self._next_rdd_id = 0
        self._next_directory = 0
        self.added_files = self.new_directory("files")
        additions = {**environment, ROOT_VARIABLE: str(self.added_files)}
        self._pool = WorkerPool(worker_count, worker_environment(additions))

    def run(self, node: Node, partitions: Iterable[int]) -> list[list[Any]]:
        """The elements of some partitions."""
        with self._lock:
            results = self._run(node, list(partitions))
            for kept in _unfinished_checkpoints(node):
                self._run(kept, range(kept.partition_count))
            return results

    def _run(self, node: Node, partitions: Sequence[int]) -> list[list[Any]]:
        self.assign_id(node)
        for ancestor in parents_first(node, _is_done):
            if isinstance(ancestor, Shuffled) and ancestor.outputs is None:
                self._shuffle(ancestor)
        tasks = [CollectTask(node.input(index)) for index in partitions]
        if needs_workers(tasks):
            return self._pool.run(tasks, import_paths())
        return [task.run() for task in tasks]

    def _shuffle(self, node: Shuffled) -> None:
        parent = node.parents[0]
        directory = self.new_directory("shuffle")
        tasks = [
            ShuffleTask(parent.input(index), node.pickled_partitioner, directory / str(index))
            for index in range(parent.partition_count)
        ]
        node.outputs = self._pool.run(tasks, import_paths())
        weakref.finalize(node, shutil.rmtree, directory, ignore_errors=True)

    def kept(self, node: Node, *, is_reliable: bool) -> Kept:
        """A node whose partitions are kept in the working directory for as long as a program can use them."""
        kept = Kept(node, self.new_directory("kept"), is_reliable=is_reliable)
        weakref.finalize(kept, shutil.rmtree, kept.directory, ignore_errors=True)
        return kept

    def assign_id(self, node: Node) -> int:
        """The id of a node; ids are given in the order in which Spark would make its RDDs."""
        for ancestor in parents_first(node, lambda known: known.rdd_id is not None):
            if ancestor.rdd_id is None:
                self._next_rdd_id += ancestor.ids_taken
                ancestor.rdd_id = self._next_rdd_id - 1
        assert node.rdd_id is not None
        return node.rdd_id

    def new_directory(self, purpose: str) -> Path:
        """A fresh directory that goes with the context."""
        directory = self.directory / f"{purpose}-{self._next_directory}"
        self._next_directory += 1
        directory.mkdir()
        return directory

    def close(self) -> None:
        """End the workers and remove all temporary files."""
        self._pool.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def import_paths() -> list[str]:
    """Where the driver imports from, for workers to do the same."""
    return [os.path.abspath(path) for path in sys.path]


def worker_environment(additions: Mapping[str, str]) -> dict[str, str]:
    """The driver's environment with its import paths, and a fixed hash seed so that keys hash alike everywhere."""
    seed = os.environ.get(HASH_SEED_VARIABLE, "0")
    environment = {**os.environ, **additions, "PYTHONPATH": os.pathsep.join(import_paths())}
    environment[HASH_SEED_VARIABLE] = "0" if seed == "random" else seed
    return environment


def needs_workers(tasks: Iterable[CollectTask]) -> bool:
    """The rule for where a result is computed: here if no function of the program is called for it, else in workers.

    It asks for no measurement on purpose. Functions always see the same surroundings (hash seed 0, copies of the
    program's variables, the same file of standard output), so a result never depends on how long a task took.
    """
    return any(task.source.runs_functions for task in tasks)


def _is_done(node: Node) -> bool:
    """Whether what is above a node has not to be computed any more."""
    match node:
        case Kept():
            return node.is_complete()
        case Shuffled():
            return node.outputs is not None
        case _:
            return False


def _unfinished_checkpoints(node: Node) -> list[Kept]:
    lineage = parents_first(node, lambda ancestor: isinstance(ancestor, Kept) and ancestor.is_complete())
    kept = [ancestor for ancestor in lineage if isinstance(ancestor, Kept)]
    return [ancestor for ancestor in kept if ancestor.is_reliable and not ancestor.is_complete()]
