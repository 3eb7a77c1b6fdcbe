"""The programs of Apache Kafka, fetched once through Maven into a cache outside the project."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_POM = Path(__file__).parent / "pom.xml"
_FETCH_TIMEOUT_S = 240


class NoBroker(Exception):
    """Why there can be no broker here."""


def class_path() -> str:
    """For `java`. Raises: NoBroker without the programs that a broker needs, or the artifacts"""
    missing = [name for name in ("java", "mvn", "openssl") if shutil.which(name) is None]
    if missing:
        raise NoBroker(f"{' and '.join(missing)} not found")
    folder = _cache() / f"kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        _fetch(folder)
    return f"{folder}/*"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unbounded"


def _fetch(folder: Path) -> None:
    """All artifacts or no folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}/jars", "-DincludeScope=runtime"]
        command = ["mvn", "--quiet", "--batch-mode", "--file", str(_POM), *goal]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S)
        except subprocess.CalledProcessError as error:
            lines = (error.stdout + error.stderr).splitlines()
            raise NoBroker(f"Maven: {lines[0] if lines else 'failed'}") from error
        except subprocess.TimeoutExpired as error:
            raise NoBroker("Maven took too long") from error
        os.rename(f"{fresh}/jars", folder)
