"""Paths as a program writes them: local names and `file:` URIs, Hadoop's globs. Touches the disk only to match."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, unquote, urlsplit

from unbounded.errors import not_supported

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?=/|[^\\])")
_GLOB = re.compile(r"[*?\[{]")
_NOT_IN_URI = re.compile(r"[^\w/\-!.~'()*,;:$&+=@]")


def local_path(path: str) -> str:
    """An absolute local path. Raises UNBOUNDED_NOT_SUPPORTED for any other file system than the local one."""
    match = _SCHEME.match(path)
    if match is not None:
        if match[1].lower() != "file":
            raise not_supported(f"The file system of {path}", "Copy the files to a local folder.")
        path = unquote(re.sub(r"^//[^/]*(?=/)", "", path[match.end() :]))
    return os.path.normpath(os.path.join(os.getcwd(), path))


def shown_path(path: str) -> str:
    """An absolute path as Spark's analysis errors show it: `file:/a/b`."""
    return f"file:{path}"


def file_uri(path: str) -> str:
    """An absolute path as a URI: `file:///a/b`."""
    return f"file://{path}"


def encoded_uri(path: str) -> str:
    """An absolute path as Spark's logs hold it: what no URI may contain is `%XX`, letters of any language stay."""
    return "file://" + _NOT_IN_URI.sub(lambda match: quote(match[0], safe=""), path)


def path_of_uri(uri: str) -> str:
    """The absolute path in a URI of Spark's logs."""
    return unquote(urlsplit(uri).path)


def is_glob(path: str) -> bool:
    return _GLOB.search(path) is not None


def match_glob(pattern: str) -> Sequence[str]:
    """Existing paths that match `pattern`, sorted; `{a,b}` is an alternative, hidden names match as in Hadoop."""
    found = (path for plain in alternatives(pattern) for path in glob.glob(_python_glob(plain), include_hidden=True))
    return sorted({path.rstrip("/") for path in found})


def alternatives(pattern: str) -> Iterator[str]:
    """`a{b,c}d` as `abd` and `acd`; alternatives may nest."""
    start = pattern.find("{")
    end = _closing(pattern, start)
    if start < 0 or end < 0:
        yield pattern
        return
    for choice in _split(pattern[start + 1 : end]):
        for rest in alternatives(pattern[end + 1 :]):
            for inside in alternatives(choice):
                yield pattern[:start] + inside + rest


def _closing(pattern: str, start: int) -> int:
    depth = 0
    for position in range(max(start, 0), len(pattern)):
        depth += (pattern[position] == "{") - (pattern[position] == "}")
        if depth == 0:
            return position
    return -1


def _split(choices: str) -> Iterator[str]:
    depth, start = 0, 0
    for position, character in enumerate(choices):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            yield choices[start:position]
            start = position + 1
    yield choices[start:]


def _python_glob(pattern: str) -> str:
    """Hadoop writes a negated class `[^a]`, Python `[!a]`; `**` is no more than `*` there."""
    return re.sub(r"\*\*+", "*", pattern).replace("[^", "[!")
