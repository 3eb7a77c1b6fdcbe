"""The program of a worker: reads tasks from standard input, answers on standard output, ends with the driver."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from queue import SimpleQueue
from typing import IO

from unbounded.rdd.execution.tasks import run_task
from unbounded.rdd.files.pickles import read_frame, write_frame


def main() -> None:
    """Run tasks until the driver closes the pipe."""
    requests, answers = _take_standard_streams()
    queue: SimpleQueue[bytes] = SimpleQueue()
    # a thread of its own notices the driver's end even while a task is running
    threading.Thread(target=_receive, args=(requests, queue), daemon=True).start()
    while True:
        _import_from(pickle.loads(queue.get()))
        answer = run_task(queue.get())
        sys.stdout.flush()
        try:
            write_frame(answers, answer)
            answers.flush()
        except BrokenPipeError:
            os._exit(0)


def _take_standard_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the driver; from now on functions print to standard error, as in Spark, and read nothing."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _receive(requests: IO[bytes], queue: SimpleQueue[bytes]) -> None:
    while (frame := read_frame(requests)) is not None:
        queue.put(frame)
    os._exit(0)


def _import_from(paths: list[str]) -> None:
    sys.path.extend(path for path in paths if path not in sys.path)


if __name__ == "__main__":
    main()
