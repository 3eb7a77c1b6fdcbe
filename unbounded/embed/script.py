"""Runs a Python script as `python script.py` would: its arguments, path, exit code and tracebacks. Knows no Spark."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

CANNOT_OPEN_EXIT_CODE = 2
FAILED_EXIT_CODE = 1
END_AFTER_INTERRUPT_S = 1.0
"""An interrupt that hits the client inside its channel's lock leaves threads which no exit can wait for."""


def run_script(path: str, arguments: Sequence[str]) -> int:
    """Exit code of a script that ended by itself or with an exception; `sys.exit` in it comes through as SystemExit.

    An unhandled KeyboardInterrupt is shown and comes through too, so that the process dies of it as Python does.
    """
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        sys.stderr.write(f"unbounded: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        return CANNOT_OPEN_EXIT_CODE
    sys.argv = [path, *arguments]
    sys.path[0] = script_directory(path)
    file_name = str(Path(path).absolute())
    main = _main_module(file_name)
    try:
        exec(_compiled(source, file_name), main.__dict__)
    except SystemExit:
        raise
    except KeyboardInterrupt as error:
        _show(error)
        sys.excepthook = _say_nothing
        sys.unraisablehook = _ignore_leftovers
        _die_of_interrupt_in(END_AFTER_INTERRUPT_S)
        raise
    except BaseException as error:  # the root of the script
        _show(error)
        return FAILED_EXIT_CODE
    return 0


def script_directory(path: str) -> str:
    """What Python puts first on the path for this script."""
    return str(Path(path).resolve().parent)


def _compiled(source: bytes, file_name: str) -> CodeType:
    return compile(source, file_name, "exec", dont_inherit=True)


def _main_module(file_name: str) -> ModuleType:
    """A new `__main__`, in place for good: pickles and exit hooks of the script look for it."""
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=file_name,
        __cached__=None,
        __builtins__=builtins,
        __loader__=SourceFileLoader("__main__", file_name),
    )
    sys.modules["__main__"] = main
    return main


def _show(error: BaseException) -> None:
    """Prints `error` as Python does, or as the script's own hook wants it, without this module's frames."""
    trace = _own_frames_removed(error.__traceback__)
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    sys.stdout.flush()
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _own_frames_removed(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _say_nothing(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """It has been shown."""


def _ignore_leftovers(leftover: sys.UnraisableHookArgs) -> None:
    """Generators that the interrupt cut off cannot tell the server any more."""


def _die_of_interrupt_in(seconds: float) -> None:
    """Ends the process as an unhandled interrupt does, if it has not ended by itself."""

    def die() -> None:
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    watchdog = threading.Timer(seconds, die)
    watchdog.daemon = True
    watchdog.start()
