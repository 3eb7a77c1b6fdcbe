"""Header lines of CSV files: how many lines stand before the first record, and the names they give."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from unbounded.connectors.files.compressed import read_head
from unbounded.connectors.files.format_options import CsvOptions

_HEAD_BYTES = 1 << 16
_HEAD_BYTES_MAX = 16 << 20


def first_record(path: str, options: CsvOptions) -> tuple[int, str] | None:
    """Lines before the first record (blank lines and comments), and that record; None for a file without one."""
    size = _HEAD_BYTES
    while True:
        head = read_head(path, size)
        is_whole = len(head) < size
        lines = head.decode("utf-8-sig", errors="replace").splitlines()
        for number, line in enumerate(lines if is_whole else lines[:-1]):
            if line.strip() and not (options.comment and line.startswith(options.comment)):
                return number, line
        if is_whole or size >= _HEAD_BYTES_MAX:
            return None
        size *= 4


def header_line_count(path: str, options: CsvOptions) -> int:
    """Lines up to and including the header."""
    found = first_record(path, options)
    return 0 if found is None else found[0] + 1


def column_names(tokens: Sequence[str | None], options: CsvOptions, *, is_case_sensitive: bool) -> list[str]:
    """Names from the first record: without a header `_c0`, …; empty ones too; repeated ones get their position."""
    if not options.has_header:
        return [f"_c{i}" for i in range(len(tokens))]
    compared = [token if is_case_sensitive or token is None else token.lower() for token in tokens]
    repeated = {token for token in compared if compared.count(token) > 1}
    return [_name(i, token, compared[i] in repeated, options) for i, token in enumerate(tokens)]


def _name(position: int, token: str | None, is_repeated: bool, options: CsvOptions) -> str:
    if not token or token == options.null_value:
        return f"_c{position}"
    return f"{token}{position}" if is_repeated else token


def split_record(record: str, options: CsvOptions) -> list[str]:
    """The tokens of one line, for names only: rows are split by the engine with Spark's rules."""
    if len(options.separator) > 1:
        return record.split(options.separator)
    reader = csv.reader(
        [record],
        delimiter=options.separator,
        quotechar=options.quote or None,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        doublequote=options.escape == options.quote,
        escapechar=options.escape if options.escape != options.quote and options.escape else None,
    )
    return next(reader, [])
