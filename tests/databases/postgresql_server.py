"""A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on a free port, until it is stopped."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import adbc_driver_postgresql.dbapi

USER = "tester"
PASSWORD = "s3cret'pass word"


class PostgresServer:
    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="unbounded-postgresql-"))
        self.port = _free_port()
        self._owner = _owner()
        if self._owner:
            shutil.chown(self._folder, self._owner)
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = ["initdb", "-D", self._data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"]
        self._run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8"])
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -F"
        self._run(["pg_ctl", "-D", self._data, "-l", str(self._folder / "log"), "-w", "-o", settings, "start"])

    def stop(self) -> None:
        self._run(["pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop"])

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def connect(self) -> adbc_driver_postgresql.dbapi.Connection:
        quoted = PASSWORD.replace("'", "\\'")
        where = f"host=127.0.0.1 port={self.port} dbname=postgres"
        return adbc_driver_postgresql.dbapi.connect(f"{where} user={USER} password='{quoted}'")

    def execute(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def _run(self, command: list[str]) -> None:
        """As a user that the server accepts, which root is not."""
        as_owner = ["setpriv", f"--reuid={self._owner}", f"--regid={self._owner}", "--clear-groups"]
        program = [str(self._binaries / command[0]), *command[1:]]
        whole = [*as_owner, *program] if self._owner else program
        subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, timeout=60)


def _owner() -> str:
    """Empty if the tests do not run as root."""
    if os.getuid() != 0:
        return ""
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
