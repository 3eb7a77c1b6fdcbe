"""What the translation of a tree must know besides the node: text, parameters, named windows, lambda variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from unbounded.errors import Origin
from unbounded.plan.unresolved import Expression, Relation, UnresolvedFunction
from unbounded.sql.errors import Source, SqlParseError
from unbounded.sql.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Scope:
    """Handed down through the translation, never changed.

    The two `translate_…` are there because every kind of node contains every other kind: call `expression`,
    `expressions` and `query`.
    """

    source: Source
    translate_expression: Callable[[exp.Expr, Scope], Expression]
    translate_query: Callable[[exp.Expr, Scope], Relation]
    parameters: Parameters = field(default_factory=Parameters)
    windows: Mapping[str, exp.Window] = field(default_factory=dict)
    lambda_variables: tuple[str, ...] = ()

    def expression(self, node: exp.Expr) -> Expression:
        return self.translate_expression(node, self)

    def expressions(self, nodes: list[exp.Expr]) -> tuple[Expression, ...]:
        return tuple(self.translate_expression(node, self) for node in nodes)

    def query(self, node: exp.Expr) -> Relation:
        """The relation of a query inside an expression; it sees neither our windows nor our lambda variables."""
        return self.translate_query(node, replace(self, windows={}, lambda_variables=()))

    def with_lambda_variables(self, names: tuple[str, ...]) -> Scope:
        return replace(self, lambda_variables=(*names, *self.lambda_variables))

    def with_windows(self, windows: Mapping[str, exp.Window]) -> Scope:
        return replace(self, windows=windows)

    def lambda_variable(self, name: str) -> str | None:
        """The variable `name` means, as its lambda declares it; names ignore case."""
        return next((v for v in self.lambda_variables if v.lower() == name.lower()), None)

    def error(self, node: exp.Expr, condition: str, /, **parameters: str) -> SqlParseError:
        """An error about `node`, which the grammar has marked with its place."""
        start, end = node.meta.get("start", 0), node.meta.get("end", len(self.source.text) - 1)
        return self.source.error_at(condition, start, end, **parameters)

    def origin_of(self, node: exp.Expr) -> Origin | None:
        """Where `node` stands in the text, if the grammar has marked it."""
        if "start" not in node.meta:
            return None
        return Origin(self.source.text, node.meta["start"], node.meta["end"])

    def text_of(self, node: exp.Expr) -> str:
        return self.source.text[node.meta["start"] : node.meta["end"] + 1]


def call(name: str, *arguments: Expression) -> UnresolvedFunction:
    return UnresolvedFunction(name, arguments)
