"""The exact text of a member of a JSON object: the engine prints numbers and nested values in its own form."""

from __future__ import annotations

import json

import pyarrow as pa

from unbounded.functions.kernels.kernel import Kernel

_DECODER = json.JSONDecoder(strict=False)
_BLANK = " \t\r\n"


def member_text(document: str | None, name: str) -> str | None:
    """The text of the value of `name` in `document`; None if it is a string, missing, or there is no object."""
    if document is None:
        return None
    try:
        position = _skip(document, document.index("{") + 1)
        while document[position] != "}":
            key, position = _DECODER.raw_decode(document, position)
            start = _skip(document, document.index(":", position) + 1)
            _, end = _DECODER.raw_decode(document, start)
            if key == name:
                return None if document[start] == '"' else document[start:end]
            position = _skip(document, end)
            position = _skip(document, position + 1) if document[position] == "," else position
    except (ValueError, IndexError):
        return None
    return None


def _skip(document: str, position: int) -> int:
    while document[position] in _BLANK:
        position += 1
    return position


def _run(documents: pa.Array, names: pa.Array) -> pa.Array:
    pairs = zip(documents.to_pylist(), names.to_pylist(), strict=True)
    return pa.array([None if name is None else member_text(document, name) for document, name in pairs], pa.string())


KERNELS: dict[str, Kernel] = {"json_member_text": Kernel(_run, ("VARCHAR", "VARCHAR"), "VARCHAR")}
