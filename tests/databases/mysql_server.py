"""A MariaDB server of the tests' own, which speaks MySQL's protocol: a temporary folder, a free port."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pymysql

from tests.databases.temporary_server import PASSWORD, USER, ServerFolder, free_port

_DATABASE = "tests"


class MySqlServer:
    def __init__(self, binary: Path) -> None:
        self._folder = ServerFolder("mysql", ["mysql"])
        self.port = free_port()
        folder = self._folder.path
        where = ["--no-defaults", f"--datadir={folder}/data"]
        self._folder.run(["mariadb-install-db", *where, "--auth-root-authentication-method=normal", "--skip-test-db"])
        prepared = folder / "init.sql"
        escaped = PASSWORD.replace("'", "''")
        prepared.write_text(
            f"CREATE DATABASE {_DATABASE};\n"
            f"CREATE USER {USER}@'%' IDENTIFIED BY '{escaped}';\n"
            f"GRANT ALL ON *.* TO {USER}@'%';\n"
        )
        listening = [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket"]
        program = [str(binary), *where, *listening, f"--init-file={prepared}", "--skip-log-bin"]
        self._process = subprocess.Popen(self._folder.command(program), stderr=subprocess.PIPE, cwd=folder)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """It says so itself, after the statements of the file."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if b"ready for connections" in line:
                return
        raise RuntimeError("the server ended")

    @property
    def access(self) -> dict[str, str]:
        url = f"jdbc:mysql://127.0.0.1:{self.port}/{_DATABASE}?sslMode=DISABLED"
        return {"url": url, "user": USER, "password": PASSWORD}

    def execute(self, *statements: str) -> None:
        connection = pymysql.connect(host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=_DATABASE)
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def clear(self) -> None:
        self.execute(f"DROP DATABASE {_DATABASE}", f"CREATE DATABASE {_DATABASE}")

    def remove(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._folder.remove()
