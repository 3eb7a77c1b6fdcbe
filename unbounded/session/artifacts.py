"""Files a client has sent to its session: Python modules, archives, plain files, cached rows. Knows no protocol.

An artifact's name is a relative path whose first part says what it is: `cache/<hash>` stays in memory, `pyfiles/x.py`
or `pyfiles/x.zip` goes onto the import path of Python functions, `archives/x.zip#name` is unpacked, `files/x` lies
where `SparkFiles.get` finds it. Names are added, never overwritten with other content.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Literal

from unbounded.errors import ErrorKind, SparkError, not_supported

CACHED = "cache"
PYTHON_FILES = "pyfiles"
ARCHIVES = "archives"
FILES = "files"
JARS = "jars"

_ARCHIVE_SUFFIXES = (".zip", ".jar", ".tar.gz", ".tgz", ".tar")
_IMPORTABLE_SUFFIXES = (".zip", ".egg", ".jar")


class Artifacts:
    """The artifacts of one session. May be used from several threads; `close` removes everything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cached: dict[str, bytes] = {}
        self._archives: dict[str, str] = {}
        self._directory: Path | None = None

    # ------------------------------------------------------------------------------------------ adding

    def add(self, name: str, content: bytes) -> None:
        """Raises INVALID_ARTIFACT_PATH, or ARTIFACT_ALREADY_EXISTS if `name` is taken by other content."""
        family, path = _checked(name)
        with self._lock:
            if family == CACHED:
                self._cached[path.name] = content
            elif family == ARCHIVES:
                self._add_archive(path, content)
            elif family in (PYTHON_FILES, FILES):
                self._add_file(PurePosixPath(family, path), content)
            elif family == JARS:
                raise not_supported("A jar as an artifact", "There is no JVM here: use a Python function instead.")
            else:
                raise not_supported(
                    f"An artifact in {family}/", "Send it as a file: spark.addArtifacts(path, file=True)."
                )

    def exists(self, name: str) -> bool:
        """Whether `name` is there; clients ask it for cached rows before they send them."""
        family, path = _checked(name)
        if family == CACHED:
            return path.name in self._cached
        return self._directory is not None and (self._directory / name).exists()

    # ------------------------------------------------------------------------------------------ using

    def cached_bytes(self, content_hash: str) -> bytes:
        """What was sent as `cache/<content_hash>`. Raises KeyError."""
        return self._cached[content_hash]

    @property
    def import_paths(self) -> tuple[str, ...]:
        """Directories and archives that Python functions of this session may import from."""
        python_files = self._directory / PYTHON_FILES if self._directory else None
        if python_files is None or not python_files.is_dir():
            return ()
        packages = sorted(path for path in python_files.iterdir() if path.name.endswith(_IMPORTABLE_SUFFIXES))
        return (str(python_files), *map(str, packages))

    @property
    def root_directory(self) -> Path | None:
        """Where `files/…` and unpacked `archives/…` lie; None while there are none."""
        return self._directory

    def put_on_import_path(self) -> None:
        """Makes `import_paths` importable in this process."""
        _extend_import_path(self.import_paths)

    def copy(self) -> Artifacts:
        """The same artifacts for a cloned session."""
        clone = Artifacts()
        with self._lock:
            clone._cached = dict(self._cached)
            clone._archives = dict(self._archives)
            if self._directory is not None:
                shutil.copytree(self._directory, clone._made_directory(), dirs_exist_ok=True)
        return clone

    def close(self) -> None:
        with self._lock:
            directory, self._directory = self._directory, None
            self._cached.clear()
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)

    # ------------------------------------------------------------------------------------------ inside the lock

    def _made_directory(self) -> Path:
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="unbounded-artifacts-"))
        return self._directory

    def _add_file(self, relative: PurePosixPath, content: bytes) -> Path:
        target = self._made_directory() / relative
        if target.exists():
            if target.read_bytes() != content:
                raise _already_exists(str(relative))
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def _add_archive(self, path: PurePosixPath, content: bytes) -> None:
        """`x.zip#name` is unpacked to `archives/name`, `x.zip` to `archives/x.zip`."""
        file_name, _, alias = path.name.partition("#")
        if not file_name.endswith(_ARCHIVE_SUFFIXES):
            raise not_supported(f"The archive {file_name}", f"Archives end in {', '.join(_ARCHIVE_SUFFIXES)}.")
        packed = self._add_file(PurePosixPath("packed", file_name), content)
        unpacked = self._made_directory() / ARCHIVES / (alias or file_name)
        if self._archives.setdefault(unpacked.name, file_name) != file_name:
            raise _already_exists(f"{ARCHIVES}/{unpacked.name}")
        if not unpacked.exists():
            shutil.unpack_archive(packed, unpacked, format=_archive_format(file_name), filter=_tar_filter(file_name))


def _extend_import_path(paths: Iterable[str]) -> None:
    for path in paths:
        if path not in sys.path:
            sys.path.append(path)


def _archive_format(file_name: str) -> str:
    if file_name.endswith((".zip", ".jar")):
        return "zip"
    return "tar" if file_name.endswith(".tar") else "gztar"


def _tar_filter(file_name: str) -> Literal["data"] | None:
    """Nothing in a tar may leave its directory."""
    return None if file_name.endswith((".zip", ".jar")) else "data"


def _checked(name: str) -> tuple[str, PurePosixPath]:
    """`pyfiles/x.py` → its family and the path inside. Raises INVALID_ARTIFACT_PATH."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        raise SparkError(ErrorKind.RUNTIME, "INVALID_ARTIFACT_PATH", {"name": name})
    return path.parts[0], PurePosixPath(*path.parts[1:])


def _already_exists(name: str) -> SparkError:
    return SparkError(ErrorKind.RUNTIME, "ARTIFACT_ALREADY_EXISTS", {"normalizedRemoteRelativePath": name})
