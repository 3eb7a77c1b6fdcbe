"""Names of tables as a program writes them in `dbtable`: `t`, `s.t`, `s."My Table"`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from unbounded.connectors.option_values import illegal_argument

_PART = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^\s."`();,]+'
_NAME = re.compile(rf"(?:{_PART})(?:\.(?:{_PART}))*")


@dataclass(frozen=True, slots=True)
class TableName:
    """`parts` as they were written, with their quotes."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        return ".".join(self.parts)

    def sibling(self, part: str) -> TableName:
        """Another table in the same schema."""
        return TableName((*self.parts[:-1], part))


def find_table_name(text: str) -> TableName | None:
    """None for what is no name: a query in parentheses, a table with an alias."""
    return TableName(tuple(re.findall(_PART, text))) if _NAME.fullmatch(text) else None


def table_to_write(text: str) -> TableName:
    """Raises: SparkError for a query"""
    name = find_table_name(text.strip())
    if name is None:
        raise illegal_argument(f"Option 'dbtable' must name a table to write to, but it is: {text}")
    return name


def unquoted(part: str) -> tuple[str, bool]:
    """The name without its quotes, and whether it had any."""
    if part[0] in '"`':
        return part[1:-1].replace(part[0] * 2, part[0]), True
    return part, False
