"""`unbounded server`: an engine for other processes, in the foreground until it is told to stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from unbounded.connect.server import AddressRefused, Certificate, ConnectServer, ServerAddress
from unbounded.embed.hosting import EngineHost, EngineSettingRefused

__all__ = ["AddressRefused", "EngineSettingRefused", "serve_until_stopped", "server_address"]


_PAGE_TOKEN = "unbounded.ui.token"
"""The monitoring page of a server with a token wants the same one, if it is not given its own."""


def server_address(
    host: str, port: int, token: str | None, *, certificate: str | None = None, key: str | None = None
) -> ServerAddress:
    """Raises AddressRefused for an address open to others without a token, and for half a certificate."""
    if (certificate is None) != (key is None):
        raise AddressRefused("a TLS certificate needs its key, and a key its certificate")
    files = Certificate(Path(certificate).read_bytes(), Path(key).read_bytes()) if certificate and key else None
    return ServerAddress(host, port, token or None, files)


def serve_until_stopped(address: ServerAddress, settings: Mapping[str, str]) -> int:
    """Returns after SIGINT or SIGTERM. `settings`: of the engine, and of every session on it.

    A signal may strike any thread, and wakes the main one by a pipe: its own handler would run only when the wait ends.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server = ConnectServer(address)
    host = EngineHost(server, {_PAGE_TOKEN: address.token, **settings} if address.token else settings)
    sys.stdout.write(f"Listening on sc://{address.host}:{server.port}\n")
    sys.stdout.flush()
    os.read(reader, 1)
    host.close()
    return 0
