"""Queries as lines of a terminal, and `unbounded top`, which draws those of an engine. Loads nothing heavy."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, TextIO

TOP_INTERVAL_S = 1.0
ANSWER_S_MAX = 5.0

_NAMES, _COLUMNS = 2, 6
"""Name and state; then batch, input, processing and duration."""

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SECONDS = ((86_400, "d"), (3_600, "h"), (60, "min"))


# ---------------------------------------------------------------------------------------------- one line per query


def query_lines(queries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each query does, in a line; `queries` as the API has them. What all of them tell stands in columns."""
    rows = [_parts(query) for query in queries]
    columns = [row[:_COLUMNS] if len(row) >= _COLUMNS else row[:_NAMES] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*columns, fillvalue="")]
    return ["  ".join([*map(str.ljust, own, widths), *row[len(own) :]]).rstrip() for row, own in zip(rows, columns)]


def _parts(query: Mapping[str, Any]) -> list[str]:
    parts = [query["name"] or query["id"][:8], query["state"]]
    if query["failure"]:
        return [*parts, query["failure"]]
    if query["batch"] is None:
        return parts
    parts += [f"batch {query['batch']}", f"in {count(query['inputRowsPerSecond'])} rows/s"]
    parts += [f"can {count(query['processedRowsPerSecond'])} rows/s", f"{duration(query['batchMs'])}/batch"]
    if query["rowsBehind"] is not None:
        parts.append(f"lag {count(query['rowsBehind'])}")
    if query["watermarkLagMs"] is not None:
        parts.append(f"watermark {duration(query['watermarkLagMs'])} behind")
    elif query["watermarkBehindEventsMs"] is not None:
        parts.append(f"watermark {duration(query['watermarkBehindEventsMs'])} behind the latest event")
    if query["stateRows"] is not None:
        parts.append(f"state {count(query['stateRows'])} rows, {size(query['stateBytes'])}")
    if query["lateRows"]:
        parts.append(f"late {count(query['lateRows'])}")
    return parts


def count(value: float) -> str:
    """`950`, `12.3 k`"""
    for factor, prefix in _PREFIXES:
        if value >= max(factor, 10_000):
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.0f}"


def size(value: float) -> str:
    """`950 B`, `12.3 kB`"""
    text = count(value)
    return f"{text}B" if text[-1].isalpha() else f"{text} B"


def duration(milliseconds: float) -> str:
    """`29 ms`, `1.2 s`, `3 min`"""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    for length, name in _SECONDS:
        if seconds >= length:
            return f"{seconds / length:.0f} {name}"
    return f"{seconds:.1f} s"


# ---------------------------------------------------------------------------------------------- a screen of lines


class Screen:
    """Lines at the end of a terminal, drawn over each time; in a file each drawing is added."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._drawn = 0
        self.is_live = out.isatty()

    def draw(self, lines: Sequence[str]) -> None:
        if not self.is_live:
            self._out.write("".join(f"{line}\n" for line in lines))
        else:
            width = shutil.get_terminal_size().columns - 1
            up = f"\x1b[{self._drawn}A" if self._drawn else ""
            self._out.write(up + "\r\x1b[J" + "".join(f"{line[:width]}\n" for line in lines))
            self._drawn = len(lines)
        self._out.flush()


# ---------------------------------------------------------------------------------------------- top


def watch_engine(address: str, token: str | None, out: TextIO, *, is_single: bool) -> int:
    """Draws the queries of the engine whose page is at `address`, once or until interrupted.

    Exit code 1 if the engine does not answer, or no longer.
    """
    screen = Screen(out)
    pause = threading.Event()
    try:
        while True:
            screen.draw(_engine_lines(address, token))
            if is_single:
                return 0
            pause.wait(TOP_INTERVAL_S)
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        sys.stderr.write(f"unbounded: {address} does not answer: {_reason(error)}\n")
        return 1


def _engine_lines(address: str, token: str | None) -> list[str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(urllib.parse.urljoin(address, "/api/queries"), headers=headers)
    with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as response:
        queries = json.load(response)["queries"]
    return query_lines(queries) or ["no streaming query yet"]


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return str(json.loads(error.read()).get("error", error))
    return str(getattr(error, "reason", error))
