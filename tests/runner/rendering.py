"""Results as lines of text: tables, errors, values. Makes them independent of row order, paths and plan ids."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

MAX_ROWS = 1000


def render_dataframe(df: DataFrame, *, ordered: bool) -> list[str]:
    """Schema on the first line, then the full table; rows sorted as text unless `ordered`."""
    schema = df.schema.simpleString()
    printed = io.StringIO()
    with redirect_stdout(printed):
        df.show(n=MAX_ROWS, truncate=False)
    table = text_lines(printed.getvalue())
    return [schema, *(table if ordered else sort_rows(table))]


def sort_rows(table: list[str]) -> list[str]:
    """Sorts what stands between the second and the third rule of a table as `show` prints it."""
    rules = [index for index, line in enumerate(table) if re.fullmatch(r"\+(-*\+)*", line)]
    if len(rules) < 3:
        return table
    first, last = rules[1] + 1, rules[-1]
    return [*table[:first], *sorted(table[first:last]), *table[last:]]


def render_error(error: BaseException) -> list[str]:
    """Class, condition, SQLSTATE, parameters and the message's first line; what is absent has no line."""
    lines = [type(error).__name__]
    if isinstance(error, PySparkException):
        lines += _render_condition(error)
    return [*lines, f"message: {_first_line(str(error))}".rstrip()]


def text_lines(text: str) -> list[str]:
    """Lines without blank ones at the end, and without trailing blanks (editors strip them)."""
    return [line.rstrip() for line in text.rstrip().split("\n")] if text.strip() else []


def _render_condition(error: PySparkException) -> list[str]:
    facts = {"condition": error.getCondition(), "sqlstate": error.getSqlState()}
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    parameters = error.getMessageParameters()
    if parameters:
        rendered = json.dumps(parameters, sort_keys=True, ensure_ascii=False)
        lines.append(f"parameters: {hide_plan_ids(rendered)}")
    return lines


def _first_line(message: str) -> str:
    """Without the `;` that announces the plan on the lines below."""
    lines = [line.rstrip() for line in message.split("\n") if line.strip()]
    return hide_plan_ids(lines[0].removesuffix(";")) if lines else ""


def hide_plan_ids(text: str) -> str:
    """`a#12` → `a#N`: expression ids count up over a server's life."""
    return re.sub(r"#\d+L?\b", "#N", text)
