"""Servers that tests run against, and which of them this machine does not have."""

from __future__ import annotations

from pathlib import Path

_POSTGRESQL = Path("/usr/lib/postgresql")


def postgresql_binaries() -> Path | None:
    """The folder with initdb of the newest version that is installed."""
    found = sorted(_POSTGRESQL.glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    return found[-1].parent if found else None


def missing_services() -> list[str]:
    """What to install, as the summary of the tests says it."""
    return [] if postgresql_binaries() is not None else ["PostgreSQL (scripts/test-services installs it)"]
