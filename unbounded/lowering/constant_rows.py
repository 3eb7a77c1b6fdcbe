"""Rows of constants: a UNION ALL of one-row projections (SQL's VALUES) is one VALUES list of the engine."""

from __future__ import annotations

from typing import cast

from unbounded.functions.catalog import REGISTRY
from unbounded.lowering.expressions import ExpressionLowering
from unbounded.lowering.lowered import column
from unbounded.plan.expressions import Attribute, Call, Cast, Expression, Literal, unaliased
from unbounded.plan.logical import LogicalPlan, OneRow, Project, SetOperation
from unbounded.plan.tree import rewrite_down, walk
from unbounded.plan.unresolved import SetOperator

Row = tuple[Expression, ...]


def lower_constant_rows(plan: SetOperation, lowering: ExpressionLowering) -> str | None:
    """The query of `plan` if all of its rows are constants; else None."""
    rows = _rows(plan)
    if rows is None or not plan.output or not all(_is_constant(cell) for row in rows for cell in row):
        return None
    lists = ", ".join(f"({', '.join(map(lowering.lower, row))})" for row in rows)
    return f"SELECT * FROM (VALUES {lists}) AS v({', '.join(map(column, plan.output))})"


def _rows(plan: LogicalPlan) -> list[Row] | None:
    match plan:
        case SetOperation(left=left, right=right, operator=SetOperator.UNION, is_all=True):
            upper = _rows(left)
            lower = _rows(right) if upper is not None else None
            return None if upper is None or lower is None else upper + lower
        case Project():
            row = _row(plan)
            return None if row is None else [row]
        case _:
            return None


def _row(plan: Project) -> Row | None:
    """The cells of a projection over one row, with those of a projection below put in."""
    if isinstance(plan.child, OneRow):
        return tuple(map(unaliased, plan.expressions))
    below = _row(plan.child) if isinstance(plan.child, Project) else None
    if below is None:
        return None
    values = {a.id: cell for a, cell in zip(plan.child.output, below, strict=True)}

    def put_in(node: object) -> object | None:
        return values.get(node.id) if isinstance(node, Attribute) else None

    cells = map(unaliased, plan.expressions)
    return tuple(cast(Expression, rewrite_down(cell, put_in)) for cell in cells)


def _is_constant(cell: Expression) -> bool:
    return all(_may_stand(node) for node in walk(cell) if isinstance(node, Expression))


def _may_stand(node: Expression) -> bool:
    if isinstance(node, Call):
        function = REGISTRY.find(node.function)
        return function is not None and function.is_deterministic and function.lambdas is None
    return isinstance(node, Literal | Cast)
