"""Names in text as tuples of parts. Column names and table names follow different rules in Spark, both are here."""

from __future__ import annotations

from unbounded.errors import SparkError, analysis_error
from unbounded.types.ddl_tokens import TokenReader


def parse_column_name(name: str) -> tuple[str, ...]:
    """Parts of a column name by the rules of `col("…")`: only dots and backticks count (`a b.c` is `a b`, `c`).

    Raises INVALID_ATTRIBUTE_NAME_SYNTAX.
    """
    parts: list[str] = []
    position = 0
    while True:
        if name.startswith("`", position):
            part, position = _quoted_part(name, position)
        else:
            part, position = _plain_part(name, position)
            if not part and name:
                raise _bad_column_name(name)
        parts.append(part)
        if position == len(name):
            return tuple(parts)
        if name[position] != ".":
            raise _bad_column_name(name)
        position += 1


def parse_table_name(name: str) -> tuple[str, ...]:
    """Parts of the name of a table, view or function by the rules of SQL identifiers. Raises a ParseException."""
    reader = TokenReader(name)
    parts = [reader.expect_identifier()]
    while reader.accept_symbol("."):
        parts.append(reader.expect_identifier())
    reader.expect_end()
    return tuple(parts)


def quote_parts(parts: tuple[str, ...]) -> str:
    """The name as Spark shows it in errors: every part in backticks."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def _quoted_part(name: str, start: int) -> tuple[str, int]:
    """The part in backticks at `start` and the position after it."""
    position, part = start + 1, ""
    while True:
        end = name.find("`", position)
        if end < 0:
            raise _bad_column_name(name)
        part += name[position:end]
        if not name.startswith("``", end):
            return part, end + 1
        part += "`"
        position = end + 2


def _plain_part(name: str, start: int) -> tuple[str, int]:
    end = name.find(".", start)
    end = len(name) if end < 0 else end
    part = name[start:end]
    if "`" in part:
        raise _bad_column_name(name)
    return part, end


def _bad_column_name(name: str) -> SparkError:
    return analysis_error("INVALID_ATTRIBUTE_NAME_SYNTAX", name=name)
