"""Signals while the driver waits for file descriptors: whichever thread one strikes, the wait ends."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def struck() -> Iterator[socket.socket | None]:
    """A socket that is readable once a signal has come; None in other threads than the main one, which get none.

    The kernel may hand a signal to any thread; only the one that it strikes leaves its system call.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(before)
