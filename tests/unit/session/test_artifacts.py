"""Artifacts of a session: where each family goes, and names that are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from unbounded.errors import SparkError
from unbounded.session.artifacts import Artifacts


@pytest.fixture
def artifacts() -> Iterator[Artifacts]:
    artifacts = Artifacts()
    yield artifacts
    artifacts.close()


def archive(name: str, content: str) -> bytes:
    """A zip file with one file in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(name, content)
    return buffer.getvalue()


def root(artifacts: Artifacts) -> Path:
    assert artifacts.root_directory is not None
    return artifacts.root_directory


def test_cached_bytes_are_found_by_hash(artifacts: Artifacts) -> None:
    assert not artifacts.exists("cache/abc")
    artifacts.add("cache/abc", b"rows")
    assert artifacts.exists("cache/abc")
    assert artifacts.cached_bytes("abc") == b"rows"
    with pytest.raises(KeyError):
        artifacts.cached_bytes("def")


def test_python_files_and_packages_are_importable(artifacts: Artifacts) -> None:
    assert artifacts.import_paths == ()
    artifacts.add("pyfiles/one.py", b"ONE = 1")
    artifacts.add("pyfiles/two.zip", archive("two.py", "TWO = 2"))
    directory = root(artifacts) / "pyfiles"
    assert artifacts.import_paths == (str(directory), str(directory / "two.zip"))


def test_archives_are_unpacked_under_their_name_or_alias(artifacts: Artifacts) -> None:
    artifacts.add("archives/data.zip", archive("a.txt", "plain"))
    artifacts.add("archives/data.zip#other", archive("a.txt", "plain"))
    assert (root(artifacts) / "archives/data.zip/a.txt").read_text() == "plain"
    assert (root(artifacts) / "archives/other/a.txt").read_text() == "plain"


def test_a_name_keeps_its_content(artifacts: Artifacts) -> None:
    artifacts.add("files/a.txt", b"first")
    artifacts.add("files/a.txt", b"first")
    with pytest.raises(SparkError) as caught:
        artifacts.add("files/a.txt", b"second")
    assert caught.value.condition == "ARTIFACT_ALREADY_EXISTS"
    assert (root(artifacts) / "files/a.txt").read_bytes() == b"first"


@pytest.mark.parametrize("name", ["/etc/passwd", "files/../../x", "..", "files", ""])
def test_names_that_lead_elsewhere_are_refused(artifacts: Artifacts, name: str) -> None:
    with pytest.raises(SparkError) as caught:
        artifacts.add(name, b"")
    assert caught.value.condition == "INVALID_ARTIFACT_PATH"
    assert artifacts.root_directory is None


@pytest.mark.parametrize("name", ["jars/x.jar", "forward_to_fs/tmp/x", "archives/x.rar"])
def test_what_cannot_be_used_is_refused(artifacts: Artifacts, name: str) -> None:
    with pytest.raises(SparkError) as caught:
        artifacts.add(name, b"")
    assert caught.value.condition == "UNBOUNDED_NOT_SUPPORTED"


def test_a_copy_survives_its_original() -> None:
    original = Artifacts()
    original.add("files/a.txt", b"text")
    copy = original.copy()
    original.close()
    assert (root(copy) / "files/a.txt").read_bytes() == b"text"
    copy.close()
    assert copy.root_directory is None
