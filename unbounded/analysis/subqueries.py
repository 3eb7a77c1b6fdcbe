"""Subqueries inside expressions: types of IN; correlation is kept as references to the outer columns."""

from __future__ import annotations

from dataclasses import replace

from unbounded.analysis.plans import cast_output
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.functions.signature import implicit_cast
from unbounded.plan.expressions import Expression, InSubquery
from unbounded.plan.logical import LogicalPlan
from unbounded.types.coercion import common_type


def type_in_subquery(values: tuple[Expression, ...], plan: LogicalPlan) -> InSubquery:
    """`values IN (plan)` with both sides cast to their common types.

    Raises: SparkError DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH, .IN_SUBQUERY_DATA_TYPE_MISMATCH
    """
    if len(values) != len(plan.output):
        raise analysis_error(
            "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH",
            sqlExpr=f'"({", ".join(map(pretty_name, values))} IN (listquery()))"',
            leftLength=str(len(values)),
            rightLength=str(len(plan.output)),
            leftColumns=", ".join(f'"{pretty_name(v)}"' for v in values),
            rightColumns=", ".join(f'"{a.name}"' for a in plan.output),
        )
    targets = [common_type(v.data_type, a.data_type) for v, a in zip(values, plan.output, strict=True)]
    if any(target is None for target in targets):
        raise analysis_error(
            "DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH",
            sqlExpr=f'"({", ".join(map(pretty_name, values))} IN (listquery()))"',
            mismatchedColumns=", ".join(
                f"({pretty_name(v)}:{v.data_type.sql_name}, {a.name}:{a.data_type.sql_name})"
                for v, a in zip(values, plan.output, strict=True)
            ),
            leftType=", ".join(f'"{v.data_type.sql_name}"' for v in values),
            rightType=", ".join(f'"{a.data_type.sql_name}"' for a in plan.output),
        )
    types = [target for target in targets if target is not None]
    cast_values = tuple(implicit_cast(v, t) for v, t in zip(values, types, strict=True))
    result = InSubquery(cast_values, cast_output(plan, types))
    return replace(result, nullable=any(v.nullable for v in values) or any(a.nullable for a in plan.output))
