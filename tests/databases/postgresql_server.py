"""A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on a free port, until it is removed."""

from __future__ import annotations

import os
from pathlib import Path

import adbc_driver_postgresql.dbapi

from tests.databases.temporary_server import PASSWORD, USER, ServerFolder, free_port


class PostgresServer:
    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = ServerFolder("postgresql", ["postgres"])
        self.port = free_port()
        password = self._folder.path / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = ["-D", self._data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync"]
        self._run("initdb", [*initdb, "--encoding=UTF8", "--locale=C.UTF-8"])
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder.path / "data")

    def start(self) -> None:
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder.path} -F"
        self._run("pg_ctl", ["-D", self._data, "-l", str(self._folder.path / "log"), "-w", "-o", settings, "start"])

    def stop(self) -> None:
        self._run("pg_ctl", ["-D", self._data, "-m", "immediate", "-w", "stop"])

    def remove(self) -> None:
        self.stop()
        self._folder.remove()

    def connect(self) -> adbc_driver_postgresql.dbapi.Connection:
        quoted = PASSWORD.replace("'", "\\'")
        where = f"host=127.0.0.1 port={self.port} dbname=postgres"
        return adbc_driver_postgresql.dbapi.connect(f"{where} user={USER} password='{quoted}'")

    def make_signal(self) -> Path:
        """A pipe that statements of the server may write to; who reads it waits until one does."""
        path = self._folder.path / f"signal{len(list(self._folder.path.glob('signal*')))}"
        os.mkfifo(path)
        path.chmod(0o666)
        return path

    def execute(self, *statements: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def _run(self, program: str, arguments: list[str]) -> None:
        self._folder.run([str(self._binaries / program), *arguments])
