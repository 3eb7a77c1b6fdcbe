"""Servers and the browser that tests run with, and which of them this machine does not have."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.browser.chromium import chromium_binary

_POSTGRESQL = Path("/usr/lib/postgresql")


def postgresql_binaries() -> Path | None:
    """The folder with initdb of the newest version that is installed."""
    found = sorted(_POSTGRESQL.glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    return found[-1].parent if found else None


def mariadb_binary() -> Path | None:
    found = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    return None if found is None or shutil.which("mariadb-install-db") is None else Path(found)


def missing_services() -> list[str]:
    """What to install, as the summary of the tests says it."""
    found = {"PostgreSQL": postgresql_binaries(), "MariaDB": mariadb_binary(), "Chromium": chromium_binary()}
    return [f"{name} (scripts/test-services installs it)" for name, path in found.items() if path is None]
