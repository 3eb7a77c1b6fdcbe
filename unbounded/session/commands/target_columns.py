"""The columns that `INSERT INTO t (b, a)` names."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.types.datatypes import StructField


def named_fields(columns: Sequence[str], fields: list[StructField]) -> list[StructField]:
    """The columns named in `INSERT INTO t (b, a)`, else all that PARTITION does not fix."""
    if not columns:
        return fields
    by_name = {f.name.lower(): f for f in fields}
    for name in columns:
        if name.lower() not in by_name:
            proposal = ", ".join(f"`{f.name}`" for f in fields)
            raise analysis_error("UNRESOLVED_COLUMN.WITH_SUGGESTION", objectName=f"`{name}`", proposal=proposal)
    return [by_name[name.lower()] for name in columns]
