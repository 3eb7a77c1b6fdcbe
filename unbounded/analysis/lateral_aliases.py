"""Aliases of a select list that later items of the same list use: `SELECT price * 2 AS total, total + 1`."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from unbounded.analysis.context import Ids, Scope
from unbounded.errors import not_supported
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Expression, GetField, NamedExpression
from unbounded.plan.tree import rewrite, walk


class LateralAliases:
    """The aliases so far. They stand between the input's columns and the columns of a query around."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._children: dict[int, Expression] = {}
        self._attributes: list[Attribute] = []

    def add(self, column: NamedExpression, written: u.Expression) -> None:
        """Remembers a column that got its name from the program."""
        if isinstance(column, Alias) and isinstance(written, u.Alias):
            self._children[column.id] = column.child
            self._attributes.append(column.to_attribute())

    def behind(self, scope: Scope) -> Scope:
        if not self._attributes:
            return scope
        return replace(scope, outer=Scope(tuple(self._attributes), scope.outer))

    def replaced(self, column: NamedExpression, written: u.Expression) -> NamedExpression:
        """`column` with the expression of an alias in the place of its name.

        Raises: SparkError UNBOUNDED_NOT_SUPPORTED if the expression gives another value every time
        """
        if not any(isinstance(node, Attribute) and node.id in self._children for node in walk(column)):
            return column
        if isinstance(column, Attribute):
            return Alias(cast(Expression, self._read(column)), self._ids.take(), column.name)
        named = column if isinstance(written, u.Alias) else replace(column, name=self._own_name(column))
        return cast(NamedExpression, rewrite(named, self._read))

    def _own_name(self, column: Alias) -> str:
        """Spark's name of an expression tells which of its columns are aliases."""
        if column.name != pretty_name(column.child):
            return column.name
        return pretty_name(cast(Expression, rewrite(column.child, self._shown)))

    def _shown(self, node: object) -> object:
        match node:
            case Attribute(id=known, name=name) if known in self._children:
                return replace(node, name=f"lateralAliasReference({name})")
            case GetField(child=Attribute(id=known) as owner, field=field) if known in self._children:
                return replace(owner, name=f"lateralAliasReference({field.name})")
            case _:
                return node

    def _read(self, node: object) -> object:
        if not isinstance(node, Attribute) or node.id not in self._children:
            return node
        child = self._children[node.id]
        if any(changes_from_call_to_call(part) for part in walk(child)):
            raise not_supported(
                f"Using the alias {node.name} of a value that changes from call to call in the same select list",
                "Give the value its alias in a subquery.",
            )
        return child
