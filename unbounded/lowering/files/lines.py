"""Raw text of files as an engine relation: lines, records of whole files, the folders' partition values as text.

The relation has the columns `line` (never NULL), `file` (absolute path) and one text column `part0`, `part1`, … for
each partition column. The engine's CSV reader with NUL as its separator is its parallel line reader; what stands
behind a NUL character comes as a second column. Blank lines get lost with two columns, so text files use one.
"""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.compressed import CompressedLines, needs_arrow, suffix_of
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.scan import FileScan
from unbounded.errors import not_supported
from unbounded.functions.engine import quote, text
from unbounded.lowering.lowered import Lowering, SourceInput

LINE_BYTES_MAX = 20_000_000
"""The longest line that is read; a longer one fails with the engine's message about its size."""

_LINE_SEPARATORS = (None, "\n", "\r\n", "\r")
_READER = "auto_detect = false, header = false, delim = '', quote = '', escape = '', strict_mode = false"


def lower_lines(
    scan: FileScan,
    lowering: Lowering,
    *,
    separator: str | None,
    keeps_blank: bool,
    skipped_lines: Sequence[int] | None = None,
) -> str:
    """All lines of the scan's files. `skipped_lines`: for each file the lines to leave out at its beginning."""
    if separator not in _LINE_SEPARATORS:
        return _split_contents(scan, separator or "")
    skips = skipped_lines or [0] * len(scan.files)
    groups: dict[tuple[bool, int], list[DataFile]] = {}
    for file, skip in zip(scan.files, skips, strict=True):
        groups.setdefault((needs_arrow(file.path), skip), []).append(file)
    parts = [
        _arrow_lines(scan, files, skip, lowering) if is_arrow else _engine_lines(scan, files, skip, keeps_blank)
        for (is_arrow, skip), files in groups.items()
    ]
    return " UNION ALL ".join(parts) or no_lines(scan)


def lower_contents(scan: FileScan) -> str:
    """One row per file: its whole text as `line`."""
    compressed = [file.path for file in scan.files if suffix_of(file.path)]
    if compressed:
        raise not_supported(f"Reading the compressed file {compressed[0]} as a whole", "Decompress it first.")
    if not scan.files:
        return no_lines(scan)
    return f"SELECT content AS line, filename AS file{texts_of_paths(scan)} FROM read_text({_list(scan.paths)})"


def texts_of_paths(scan: FileScan) -> str:
    """`, … AS part0, …` over a reader of whole files, which has the column `filename`."""
    return "".join(f", {_value_in_path(name)} AS part{i}" for i, name in enumerate(scan.partition_schema.names))


def is_filled(line: str) -> str:
    """Whether a line is more than blanks. Most lines begin with a character behind the blank, which is cheap to see."""
    return f"CASE WHEN {line} >= '!' THEN true ELSE trim({line}, e' \\t\\r\\n') <> '' END"


def no_lines(scan: FileScan) -> str:
    parts = "".join(f", CAST(NULL AS VARCHAR) AS part{i}" for i in range(len(scan.partition_schema.fields)))
    return f"SELECT '' AS line, '' AS file{parts} WHERE false"


FILE_COLUMN = "_unbounded_path"
"""The name of the column for a row's file in `file_arguments`."""


def hive_arguments(scan: FileScan) -> str:
    """Reader arguments which give partition values as text columns under their names (and prune files by them)."""
    has_folders = any(name not in scan.told for name in scan.partition_schema.names)
    return f", hive_partitioning = {'true, hive_types_autocast = false' if has_folders else 'false'}"


def partition_texts(scan: FileScan) -> str:
    """`, "name" AS part0, …` out of a reader with `hive_arguments`."""
    texts = (f"told{i}" if name in scan.told else quote(name) for i, name in enumerate(scan.partition_schema.names))
    return "".join(f", {value} AS part{i}" for i, value in enumerate(texts))


def file_arguments(scan: FileScan) -> str:
    """Parquet reader arguments which give the path of a row's file, and its place there, if something asks for them."""
    file = f", filename = '{FILE_COLUMN}'" if scan.told or scan.has_metadata else ""
    return f"{file}, file_row_number = true" if scan.has_metadata else file


def with_told(reader: str, scan: FileScan) -> str:
    """`reader` joined with the values that are told of its files (`told0`, … by the place of the partition column)."""
    if not scan.told:
        return reader
    positions = [i for i, name in enumerate(scan.partition_schema.names) if name in scan.told]
    rows = (", ".join([text(f.path), *(_told(f.values[p]) for p in positions)]) for f in scan.files)
    names = ", ".join([FILE_COLUMN, *(f"told{position}" for position in positions)])
    return f"{reader} JOIN (VALUES {', '.join(f'({row})' for row in rows)}) AS told({names}) USING ({FILE_COLUMN})"


def _told(value: str | None) -> str:
    return "CAST(NULL AS VARCHAR)" if value is None else text(value)


def _engine_lines(scan: FileScan, files: Sequence[DataFile], skip: int, keeps_blank: bool) -> str:
    if keeps_blank:
        columns, value = "{'__line': 'VARCHAR'}", "coalesce(__line, '')"
    else:
        columns = "{'__line': 'VARCHAR', '__rest': 'VARCHAR'}, null_padding = true"
        value = "coalesce(CASE WHEN __rest IS NULL THEN __line ELSE __line || chr(0) || __rest END, '')"
    skipped = f", skip = {skip}" if skip else ""
    reader = (
        f"read_csv({_list([file.path for file in files])}, {_READER}, columns = {columns}, "
        f"max_line_size = {LINE_BYTES_MAX}{skipped}, filename = '__file'{hive_arguments(scan)})"
    )
    return f"SELECT {value} AS line, __file AS file{partition_texts(scan)} FROM {reader}"


def _arrow_lines(scan: FileScan, files: Sequence[DataFile], skip: int, lowering: Lowering) -> str:
    names = scan.partition_schema.names
    source = CompressedLines(tuple(files), names, skip)
    name = lowering.input_name()
    lowering.inputs.append(SourceInput(name, source, source.schema))
    parts = "".join(f", c{i + 2} AS part{i}" for i in range(len(names)))
    return f"SELECT coalesce(c0, '') AS line, c1 AS file{parts} FROM {name}"


def _split_contents(scan: FileScan, separator: str) -> str:
    """A separator of its own: whole files, cut. What stands behind the last separator is a line unless it is empty."""
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    cut = f"string_split(line, {text(separator)})"
    kept = f"CASE WHEN {cut}[-1] = '' THEN {cut}[:-2] ELSE {cut} END"
    return f"SELECT unnest({kept}) AS line, file{others} FROM ({lower_contents(scan)}) AS whole"


def _value_in_path(name: str) -> str:
    """A partition value out of the file's name; `__HIVE_DEFAULT_PARTITION__` is NULL."""
    pattern = text(f"/{''.join(_escaped(c) for c in name)}=([^/]*)/")
    return f"url_decode(nullif(regexp_extract(filename, {pattern}, 1), '__HIVE_DEFAULT_PARTITION__'))"


def _escaped(character: str) -> str:
    return character if character.isalnum() or character == "_" else f"\\x{{{ord(character):x}}}"


def _list(paths: Sequence[str]) -> str:
    return f"[{', '.join(map(text, paths))}]"
