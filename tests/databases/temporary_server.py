"""What servers of the tests' own have in common: a folder, a port, a user that may run them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PASSWORD = "s3cret'pass word"
USER = "tester"


class ServerFolder:
    """A temporary folder that belongs to the first of `users` there is, if root runs the tests: servers refuse root."""

    def __init__(self, name: str, users: list[str]) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"unbounded-{name}-"))
        known = {user.pw_name for user in pwd.getpwall()}
        self._owner = next(user for user in [*users, "nobody"] if user in known) if os.getuid() == 0 else ""
        if self._owner:
            shutil.chown(self.path, self._owner)

    def command(self, program: list[str]) -> list[str]:
        """`program`, to be run by the owner."""
        as_owner = ["setpriv", f"--reuid={self._owner}", f"--regid={self._owner}", "--clear-groups"]
        return [*as_owner, *program] if self._owner else program

    def run(self, program: list[str]) -> None:
        subprocess.run(self.command(program), check=True, stdout=subprocess.DEVNULL, cwd=self.path, timeout=60)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
