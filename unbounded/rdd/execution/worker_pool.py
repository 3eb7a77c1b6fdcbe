"""The worker processes of a context: started when first needed, one task each, gone with the driver. Knows no RDD.

Workers are new interpreters, never forks, because the driver runs gRPC threads.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from unbounded.rdd import shared_variables
from unbounded.rdd.errors import SparkException
from unbounded.rdd.execution.signals import struck
from unbounded.rdd.execution.tasks import Done, Failed, Task
from unbounded.rdd.files.pickles import read_frame, write_frame
from unbounded.rdd.pickling import pickled_for_worker

WORKER_MODULE = "unbounded.rdd.worker"
EXIT_TIMEOUT_SECONDS = 2.0


class Worker:
    """One process and the pipes to it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # a group of its own keeps Ctrl-C for the driver, which then ends the whole group
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", WORKER_MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            process_group=0,
        )

    @property
    def answers(self) -> IO[bytes]:
        """Readable when an answer has come, or at the worker's end."""
        assert self._process.stdout is not None
        return self._process.stdout

    def send(self, import_paths: list[str], request: bytes) -> None:
        """Give the worker a task."""
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, pickle.dumps(import_paths))
            write_frame(self._process.stdin, request)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._lost() from error

    def receive(self) -> Done | Failed:
        """The outcome of the task; SparkException if the process has ended."""
        frame = read_frame(self.answers)
        if frame is None:
            raise self._lost()
        outcome: Done | Failed = pickle.loads(frame)
        return outcome

    def _lost(self) -> SparkException:
        code = self._process.wait()
        return SparkException(f"Python worker exited unexpectedly (crashed): exit code {code}")

    def kill(self) -> None:
        """End the worker and the processes it has started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._close_pipes()
        self._process.wait()

    def close(self) -> None:
        """Let the worker end: it does so when its pipe is closed."""
        self._close_pipes()
        try:
            self._process.wait(EXIT_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


class WorkerPool:
    """At most `size` workers; an idle worker takes the next task in order."""

    def __init__(self, size: int, environment: Mapping[str, str]) -> None:
        self._size = size
        self._environment = environment
        self._idle: list[Worker] = []

    def run(self, tasks: Sequence[Task], import_paths: list[str]) -> list[Any]:
        """The results of the tasks, in their order. The first failure ends the others and is raised."""
        waiting = deque(enumerate(tasks))
        outcomes: dict[int, Done] = {}
        busy: dict[Worker, int] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self._size:
                    worker = self._idle.pop() if self._idle else Worker(self._environment)
                    busy[worker], task = waiting.popleft()
                    worker.send(import_paths, pickled_for_worker(task))
                self._receive_from(busy, outcomes)
        finally:
            for worker in busy:
                worker.kill()
            for place in sorted(outcomes):
                shared_variables.merge_updates(outcomes[place].updates)
        return [outcomes[place].result for place in range(len(tasks))]

    def _receive_from(self, busy: dict[Worker, int], outcomes: dict[int, Done]) -> None:
        failures: dict[int, Failed] = {}
        for worker in _answering(busy):
            outcome = worker.receive()
            place = busy.pop(worker)
            self._idle.append(worker)
            match outcome:
                case Done():
                    outcomes[place] = outcome
                case Failed():
                    failures[place] = outcome
        if failures:
            raise failures[min(failures)].error()

    def close(self) -> None:
        """End all workers."""
        while self._idle:
            self._idle.pop().close()


def _answering(workers: Mapping[Worker, int]) -> list[Worker]:
    """Waits until some of the workers have something to say; none if a signal came first."""
    with selectors.DefaultSelector() as selector, struck() as signals:
        for worker in workers:
            selector.register(worker.answers, selectors.EVENT_READ, worker)
        if signals is not None:
            selector.register(signals, selectors.EVENT_READ)
        return [key.data for key, _ in selector.select() if key.data is not None]
