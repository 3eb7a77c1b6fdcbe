"""The `view` verb's SQL: rows of literals → a query with the declared column types."""

from __future__ import annotations


def view_query(columns_ddl: str, rows: list[str]) -> str:
    """`a INT, b STRING` and `(1, 'x')` lines → `SELECT CAST(…) … FROM VALUES …`; no rows gives an empty result."""
    columns = [column.split(maxsplit=1) for column in split_columns(columns_ddl)]
    if not rows:
        nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns)
        return f"SELECT {nulls} WHERE false"
    casts = ", ".join(f"CAST(c{index} AS {kind}) AS {name}" for index, (name, kind) in enumerate(columns))
    names = ", ".join(f"c{index}" for index in range(len(columns)))
    return f"SELECT {casts} FROM VALUES {', '.join(rows)} AS t({names})"


def split_columns(columns_ddl: str) -> list[str]:
    """Splits at commas outside `<…>` and `(…)`."""
    depth, start, columns = 0, 0, []
    for index, character in enumerate(columns_ddl):
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            columns.append(columns_ddl[start:index].strip())
            start = index + 1
    return [*columns, columns_ddl[start:].strip()]
