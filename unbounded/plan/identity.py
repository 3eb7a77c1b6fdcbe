"""Whether two programs ask for the same: plans in a form in which equal meaning is equality and has a hash.

Rows sent along count by their content, columns by their place and not by their name or the client's numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias
from unbounded.plan.logical import LocalRelation, LogicalPlan
from unbounded.plan.tree import rewrite
from unbounded.types.datatypes import StructType


@dataclass(frozen=True, slots=True)
class _Rows(u.Relation):
    """Rows sent with a plan, by their content."""

    digest: str
    schema: StructType | None


@dataclass(frozen=True, slots=True)
class _TypedRows(LogicalPlan):
    digest: str
    columns: tuple[Any, ...]


def identity_of_relation(relation: u.Relation) -> object:
    """Equal for relations that were built the same way. The client's DataFrame numbers count by first use."""
    numbers: dict[int, int] = {}

    def change(node: Any) -> Any:
        match node:
            case u.LocalRelation(table=table, schema=schema):
                return _Rows(digest(table), schema)
            case u.PlanId(plan_id=plan_id) | u.UnresolvedAttribute(plan_id=int(plan_id)):
                return replace(node, plan_id=numbers.setdefault(plan_id, len(numbers)))
            case u.UnresolvedStar(plan_id=int(plan_id)) | u.UnresolvedRegex(plan_id=int(plan_id)):
                return replace(node, plan_id=numbers.setdefault(plan_id, len(numbers)))
            case _:
                return node

    return rewrite(without_plan_id(relation), change)


def identity_of_plan(plan: LogicalPlan) -> object:
    """Equal for typed plans, each analysed with fresh ids, that compute the same in the same way."""
    return rewrite(plan, _nameless)


def _nameless(node: Any) -> Any:
    match node:
        case LocalRelation(output=output, table=table):
            return _TypedRows(digest(table), output)
        case Alias():
            return replace(node, name="", metadata=())
        case _:
            return node


def without_plan_id(relation: u.Relation) -> u.Relation:
    return without_plan_id(relation.child) if isinstance(relation, u.PlanId) else relation


def digest(table: pa.Table) -> str:
    """A hash of types and values."""
    hashed = hashlib.blake2b(digest_size=16)
    with pa.ipc.new_stream(_HashSink(hashed.update), table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashed.hexdigest()


class _HashSink:
    """A file that keeps nothing of what is written to it but its hash."""

    closed = False

    def __init__(self, update: Callable[[bytes], None]) -> None:
        self._update = update

    def write(self, data: bytes) -> None:
        self._update(data)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def close(self) -> None:
        self.closed = True
