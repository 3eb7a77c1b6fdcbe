"""explode, posexplode, inline, stack, json_tuple: one list per row, unnested beside the row."""

from __future__ import annotations

from unbounded.functions.catalog import REGISTRY
from unbounded.functions.registry import Invocation
from unbounded.lowering.expressions import ExpressionLowering
from unbounded.lowering.lowered import column
from unbounded.plan.logical import Generate


def lower_generate(plan: Generate, source: str, expressions: ExpressionLowering) -> str:
    """`source` joined with the generator's rows.

    The generator's engine rule gives a list of structs with fields `f0`, `f1`, …: one struct per generated row.
    """
    generator = plan.generator
    function = REGISTRY.find(generator.function)
    if function is None:
        raise KeyError(f"unknown generator {generator.function}")
    lowered = tuple(map(expressions.lower, generator.arguments))
    rows = function.lower(
        Invocation(generator.arguments, lowered, generator.data_type, expressions.environment, generator.function)
    )
    if plan.is_outer:
        rows = f"CASE WHEN len({rows}) > 0 THEN {rows} ELSE [NULL] END"
    passed = [column(a) for a in plan.child.output]
    made = [f"generated.f{i} AS {column(a)}" for i, a in enumerate(plan.generated)]
    inner = f"SELECT {', '.join([*passed, f'unnest({rows}) AS generated'])} FROM {source}"
    return f"SELECT {', '.join([*passed, *made])} FROM ({inner}) AS u"
