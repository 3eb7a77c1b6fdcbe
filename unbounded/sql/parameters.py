"""Parameter markers: `:name` and `?` stand for the arguments of `spark.sql`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from unbounded.errors import analysis_error
from unbounded.plan.unresolved import Expression


@dataclass(frozen=True, slots=True)
class Parameters:
    """The arguments; names are compared exactly, and arguments nobody asks for are allowed, as in Spark."""

    named: Mapping[str, Expression] = field(default_factory=dict)
    positional: tuple[Expression, ...] = ()

    def bound_to(self, marker: exp.Placeholder) -> Expression:
        """Raises UNBOUND_SQL_PARAMETER; a `?` is named after its place in the text (`_7`)."""
        if marker.this is not None:
            if (value := self.named.get(marker.name)) is not None:
                return value
            raise analysis_error("UNBOUND_SQL_PARAMETER", name=marker.name)
        ordinal: int = marker.meta["ordinal"]
        if ordinal < len(self.positional):
            return self.positional[ordinal]
        raise analysis_error("UNBOUND_SQL_PARAMETER", name=f"_{marker.meta['start']}")
