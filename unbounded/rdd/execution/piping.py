"""Elements as lines through another program (`RDD.pipe`). Runs in a worker; starts no shell."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from unbounded.rdd.errors import PySparkRuntimeError


class LineWriter(threading.Thread):
    """Writes elements as lines while the program's output is being read; an error is kept for the reader."""

    def __init__(self, stream: IO[bytes], elements: Iterable[Any]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._elements = elements
        self.error: BaseException | None = None

    def run(self) -> None:
        """Write all lines and close the stream."""
        try:
            with self._stream:
                for element in self._elements:
                    self._stream.write((str(element).rstrip("\n") + "\n").encode("utf-8"))
        except BrokenPipeError:
            pass  # the program may end before it has read everything
        except BaseException as error:  # the root of this thread
            self.error = error


def piped(command: str, env: Mapping[str, str], checks_code: bool, elements: Iterable[Any]) -> Iterator[str]:
    """The lines the program prints; with `checks_code` an exit code other than 0 is an error."""
    process = subprocess.Popen(shlex.split(command), env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    writer = LineWriter(process.stdin, elements)
    writer.start()
    try:
        for line in process.stdout:
            yield line.rstrip(b"\n").decode("utf-8")
    except GeneratorExit:
        process.kill()
        raise
    finally:
        process.stdout.close()
        code = process.wait()
    writer.join()
    if writer.error is not None:
        raise writer.error
    if checks_code and code:
        raise PySparkRuntimeError(f"[PIPE_FUNCTION_EXITED] Pipe function `{command}` exited with error code {code}.")
