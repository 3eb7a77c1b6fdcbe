"""The engine as a child process (`python -m unbounded.embed.child FD`): serves its parent and goes with it.

Standard input is the line of life: the first line is the order (JSON), its end means that the parent is gone. The port
is written to the file descriptor FD as soon as it is bound, before the engine is loaded. Output goes where the parent's
goes, line by line. Ctrl-C is the parent's business.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING

from unbounded.connect.server import ConnectServer, ServerAddress
from unbounded.embed.order import EngineOrder

if TYPE_CHECKING:
    from unbounded.embed.hosting import EngineHost

HOST = "127.0.0.1"
PARENT_CHECK_S = 1.0
CLOSE_S_MAX = 1.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    _write_lines_at_once()
    order = EngineOrder.from_line(sys.stdin.readline())
    server = ConnectServer(ServerAddress(HOST, 0, order.token))
    hosts: list[EngineHost] = []
    threading.Thread(target=_leave_with_parent, args=(os.getppid(), hosts), daemon=True).start()
    _report_port(int(sys.argv[1]), server.port)
    from unbounded.embed.hosting import EngineHost, EngineSettingRefused  # noqa: PLC0415  the engine is heavy, and the parent wants the port now

    sys.path.extend(path for path in order.import_paths if path not in sys.path)
    try:
        hosts.append(EngineHost(server, order.settings))
    except EngineSettingRefused as refused:
        sys.exit(f"unbounded: {refused}")
    gc.freeze()
    gc.enable()
    threading.Event().wait()


def _write_lines_at_once() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)


def _report_port(descriptor: int, port: int) -> None:
    with os.fdopen(descriptor, "w") as pipe:
        pipe.write(f"{port}\n")


def _leave_with_parent(parent_id: int, hosts: list[EngineHost]) -> None:
    """The lifeline's thread: ends the process, whether the engine is loaded or still loading."""
    _wait_for_end(parent_id)
    watchdog = threading.Timer(CLOSE_S_MAX, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()
    for host in hosts:
        host.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _wait_for_end(parent_id: int) -> None:
    """Returns when standard input ends, or when the parent is gone but a forked child of its holds the other end."""
    while os.getppid() == parent_id:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], PARENT_CHECK_S)
        if readable and not os.read(sys.stdin.fileno(), 1):
            return


if __name__ == "__main__":
    main()
