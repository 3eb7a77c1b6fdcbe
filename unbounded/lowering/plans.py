"""Typed plan -> engine SQL: one SELECT per node, nested; columns go by their ids. The only writer of engine queries."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from unbounded.connectors.files.scan import FileScan
from unbounded.functions.determinism import changes_from_call_to_call
from unbounded.functions.engine import engine_type, quote, text
from unbounded.functions.environment import Environment
from unbounded.lowering.constant_rows import lower_constant_rows
from unbounded.lowering.expressions import ExpressionLowering
from unbounded.lowering.files.scans import lower_file_scan
from unbounded.lowering.generators import lower_generate
from unbounded.lowering.lowered import (
    GivenInput,
    LoweredQuery,
    Lowering,
    PythonInput,
    SourceInput,
    StoredInput,
    TableInput,
    column,
    column_of,
    lowered_of,
)
from unbounded.plan.expressions import Alias, Attribute, Expression, NamedExpression, to_attribute
from unbounded.plan.logical import (
    Aggregate,
    CoGroupMap,
    CollectMetrics,
    Deduplicate,
    Filter,
    Generate,
    GroupMap,
    Input,
    Join,
    Limit,
    LocalRelation,
    LogicalPlan,
    MapPartitions,
    MergeSessions,
    OneRow,
    Project,
    Range,
    Sample,
    Scan,
    SetOperation,
    Sort,
    Stored,
    SubqueryAlias,
    Tail,
    WithWatermark,
)
from unbounded.plan.tree import walk
from unbounded.plan.unresolved import JoinKind, SetOperator
from unbounded.types.datatypes import (
    ArrayType,
    DataType,
    DoubleType,
    FloatType,
    MapType,
    StructType,
    contains_type,
)

_NO_COLUMNS = "0 AS none"
"""The engine has no relation without columns; a plan without columns carries this one."""


def lower_query(plan: LogicalPlan, environment: Environment, prefix: str = "q") -> LoweredQuery:
    """The engine query of `plan`; `prefix` starts the names of its inputs and functions."""
    lowering = Lowering(environment, prefix)
    sql = lower_plan(plan, lowering)
    if len({a.id for a in plan.output}) < len(plan.output):
        sql = f"SELECT {_columns(plan.output)} FROM ({sql}) AS t"
    return lowered_of(sql, plan, lowering)


def lower_plan(plan: LogicalPlan, lowering: Lowering) -> str:
    """A SELECT whose columns are `plan.output`, named by id."""
    match plan:
        case SubqueryAlias(child=child) | WithWatermark(child=child) | CollectMetrics(child=child):
            return lower_plan(child, lowering)
        case _:
            rule = _RULES.get(type(plan))
            if rule is None:
                raise TypeError(f"{type(plan).__name__} cannot be lowered")
            return rule(plan, lowering)


def _expressions(lowering: Lowering) -> ExpressionLowering:
    return ExpressionLowering(lowering, lower_plan)


def _from(plan: LogicalPlan, lowering: Lowering) -> str:
    return f"({lower_plan(plan, lowering)}) AS t"


def _columns(attributes: tuple[Attribute, ...]) -> str:
    return ", ".join(map(column, attributes)) or _NO_COLUMNS


def select_list(expressions: tuple[NamedExpression, ...], lowering: Lowering) -> str:
    lower = _expressions(lowering).lower
    items = (
        f"{lower(e.child)} AS {column_of(e.id)}" if isinstance(e, Alias) else column(e)
        for e in dict.fromkeys(expressions)
    )
    return ", ".join(items) or _NO_COLUMNS


def _lower_local(plan: LocalRelation, lowering: Lowering) -> str:
    if not plan.output:
        return f"SELECT {_NO_COLUMNS} FROM range({plan.table.num_rows})"
    name = lowering.input_name()
    lowering.inputs.append(TableInput(name, plan.table.rename_columns([f"c{i}" for i in range(len(plan.output))])))
    return _renamed_input(name, plan.output)


def _renamed_input(name: str, output: tuple[Attribute, ...]) -> str:
    items = (f"CAST(c{i} AS {engine_type(a.data_type)}) AS {column(a)}" for i, a in enumerate(output))
    return f"SELECT {', '.join(items) or _NO_COLUMNS} FROM {name}"


def _lower_input(plan: Input, lowering: Lowering) -> str:
    name = lowering.input_name()
    lowering.inputs.append(GivenInput(name, plan.name))
    return _renamed_input(name, plan.output)


def _lower_scan(plan: Scan, lowering: Lowering) -> str:
    if isinstance(plan.source, FileScan):
        return lower_file_scan(plan.source, plan.output, lowering)
    name = lowering.input_name()
    lowering.inputs.append(SourceInput(name, plan.source, plan.schema))
    return _renamed_input(name, plan.output)


def _lower_stored(plan: Stored, lowering: Lowering) -> str:
    name = lowering.input_name()
    lowering.inputs.append(StoredInput(name, plan.rows))
    return _renamed_input(name, plan.output)


def _lower_one_row(plan: OneRow, lowering: Lowering) -> str:
    return f"SELECT {_NO_COLUMNS}"


def _lower_range(plan: Range, lowering: Lowering) -> str:
    return f"SELECT CAST(range AS BIGINT) AS {column(plan.output[0])} FROM range({plan.start}, {plan.end}, {plan.step})"


def _lower_project(plan: Project, lowering: Lowering) -> str:
    items = select_list(plan.expressions, lowering)
    return f"SELECT {items} FROM {_from(plan.child, lowering)}"


def _lower_filter(plan: Filter, lowering: Lowering) -> str:
    condition = _expressions(lowering).lower(plan.condition)
    return f"SELECT {_columns(plan.output)} FROM {_from(plan.child, lowering)} WHERE {condition}"


_JOINS = {
    JoinKind.INNER: "INNER JOIN",
    JoinKind.CROSS: "INNER JOIN",
    JoinKind.LEFT_OUTER: "LEFT JOIN",
    JoinKind.RIGHT_OUTER: "RIGHT JOIN",
    JoinKind.FULL_OUTER: "FULL JOIN",
    JoinKind.LEFT_SEMI: "SEMI JOIN",
    JoinKind.LEFT_ANTI: "ANTI JOIN",
}


def _lower_join(plan: Join, lowering: Lowering) -> str:
    left, right = lower_plan(plan.left, lowering), lower_plan(plan.right, lowering)
    condition = _expressions(lowering).lower(plan.condition) if plan.condition is not None else "true"
    lateral = "LATERAL " if plan.is_lateral else ""
    return (
        f"SELECT {_columns(plan.output)} FROM ({left}) AS l {_JOINS[plan.kind]} {lateral}({right}) AS r ON {condition}"
    )


def _lower_set_operation(plan: SetOperation, lowering: Lowering) -> str:
    constants = lower_constant_rows(plan, _expressions(lowering))
    if constants is not None:
        return constants
    operator = f"{plan.operator.value}{' ALL' if plan.is_all else ''}"
    if plan.operator is SetOperator.UNION and not plan.is_all:
        operator = "UNION"
    left = _positional(plan.left, plan.output, lowering)
    right = _positional(plan.right, plan.output, lowering)
    return f"({left}) {operator} ({right})"


def _positional(side: LogicalPlan, output: tuple[Attribute, ...], lowering: Lowering) -> str:
    """One side of a set operation with its columns under the names of the result."""
    items = (f"{column(a)} AS {column(b)}" for a, b in zip(side.output, output, strict=True))
    return f"SELECT {', '.join(items) or _NO_COLUMNS} FROM {_from(side, lowering)}"


def _lower_sort(plan: Sort, lowering: Lowering) -> str:
    """The engine refuses constants, which order nothing."""
    order = ", ".join(_expressions(lowering).sort_order(o) for o in plan.order if not _is_constant(o.child))
    ordered = f" ORDER BY {order}" if order else ""
    return f"SELECT {_columns(plan.output)} FROM {_from(plan.child, lowering)}{ordered}"


def _is_constant(expression: Expression) -> bool:
    return not any(isinstance(part, Attribute) or changes_from_call_to_call(part) for part in walk(expression))


def _lower_limit(plan: Limit, lowering: Lowering) -> str:
    limit = f" LIMIT {plan.count}" if plan.count is not None else ""
    offset = f" OFFSET {plan.offset}" if plan.offset else ""
    return f"SELECT {_columns(plan.output)} FROM {_from(plan.child, lowering)}{limit}{offset}"


def _lower_tail(plan: Tail, lowering: Lowering) -> str:
    numbered = (
        f"SELECT *, row_number() OVER () AS position, count(*) OVER () AS total FROM {_from(plan.child, lowering)}"
    )
    return (
        f"SELECT {_columns(plan.output)} FROM ({numbered}) AS n WHERE position > total - {plan.count} ORDER BY position"
    )


def _lower_aggregate(plan: Aggregate, lowering: Lowering) -> str:
    """Grouping expressions are computed below, so that the SELECT names them as plain columns."""
    source = _from(plan.child, lowering)
    computed = tuple(g for g in plan.grouping if isinstance(g, Alias))
    if computed:
        source = f"(SELECT *, {select_list(computed, lowering)} FROM {source}) AS g"
    source = _in_one_form(source, plan.grouping)
    items = select_list(plan.expressions, lowering)
    keys = tuple(column(to_attribute(g)) for g in plan.grouping)
    return f"SELECT {items} FROM {source}{_group_by(keys, plan.grouping_sets)}"


def _in_one_form(source: str, grouping: tuple[NamedExpression, ...]) -> str:
    """Groups of -0.0 and 0.0 are one, shown as 0.0; so are maps with equal entries, which come in order of the keys."""
    changed = [
        f"{value} AS {column(a)}"
        for a in map(to_attribute, grouping)
        if (value := _one_form(column(a), a.data_type)) != column(a)
    ]
    return f"(SELECT * REPLACE ({', '.join(changed)}) FROM {source}) AS z" if changed else source


def _one_form(value: str, data_type: DataType) -> str:
    match data_type:
        case FloatType() | DoubleType():
            return f"{value} + CAST(0 AS {engine_type(data_type)})"
        case MapType():
            return f"map_from_entries(list_sort(map_entries({value})))"
        case StructType(fields=fields) if contains_type(data_type, MapType):
            parts = (_one_form(f"struct_extract({value}, {text(f.name)})", f.data_type) for f in fields)
            named = ", ".join(f"{quote(f.name)} := {part}" for f, part in zip(fields, parts, strict=True))
            return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({named}) END"
        case ArrayType(element_type=element) if contains_type(data_type, MapType):
            return f"list_transform({value}, lambda e : {_one_form('e', element)})"
        case _:
            return value


def _group_by(keys: tuple[str, ...], sets: tuple[tuple[int, ...], ...] | None) -> str:
    if sets is not None:
        shown = ", ".join(f"({', '.join(keys[i] for i in s)})" for s in sets)
        return f" GROUP BY GROUPING SETS ({shown})"
    return f" GROUP BY {', '.join(dict.fromkeys(keys))}" if keys else ""


def _lower_deduplicate(plan: Deduplicate, lowering: Lowering) -> str:
    keys = ", ".join(map(column, plan.keys))
    if {a.id for a in plan.keys} == {a.id for a in plan.output}:
        return f"SELECT DISTINCT {_columns(plan.output)} FROM {_from(plan.child, lowering)}"
    numbered = f"SELECT *, row_number() OVER () AS position FROM {_from(plan.child, lowering)}"
    ranked = f"SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY position) AS place FROM ({numbered}) AS n"
    return f"SELECT {_columns(plan.output)} FROM ({ranked}) AS r WHERE place = 1 ORDER BY position"


def _lower_sample(plan: Sample, lowering: Lowering) -> str:
    """A row is kept by the hash of its position, so equal seeds give equal samples."""
    numbered = f"SELECT *, row_number() OVER () AS position FROM {_from(plan.child, lowering)}"
    chance = f"(hash(position, {plan.seed}::BIGINT) / 18446744073709551616.0)"
    if plan.with_replacement:
        steps = ", ".join(map(repr, poisson_steps(plan.upper_bound - plan.lower_bound)))
        copies = f"range(len(list_filter([{steps}], lambda step : step < {chance})))"
        return f"SELECT {_columns(plan.output)} FROM ({numbered}) AS n, LATERAL (SELECT unnest({copies}))"
    inside = f"{chance} >= {plan.lower_bound} AND {chance} < {plan.upper_bound}"
    return f"SELECT {_columns(plan.output)} FROM ({numbered}) AS n WHERE {inside}"


def poisson_steps(mean: float) -> list[float]:
    """The chances of at most 0, 1, 2, … copies of a row that is drawn `mean` times on average."""
    chance = total = math.exp(-mean)
    steps = [total]
    while total < 1 - _POISSON_TAIL:
        chance *= mean / len(steps)
        total += chance
        steps.append(total)
    return steps


_POISSON_TAIL = 1e-9
"""Numbers of copies rarer than this together are left out."""


def _lower_generate(plan: Generate, lowering: Lowering) -> str:
    return lower_generate(plan, _from(plan.child, lowering), _expressions(lowering))


def _lower_merge_sessions(plan: MergeSessions, lowering: Lowering) -> str:
    """A session begins where a row starts after all rows before it have ended; equal starts are one step."""
    keys = "".join(f"{column(key)}, " for key in plan.keys)
    partition = f"PARTITION BY {keys.removesuffix(', ')} " if keys else ""
    start, end = (f"struct_extract({column(plan.session)}, '{name}')" for name in ("start", "end"))
    before = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    begins = f"CASE WHEN {start} > max({end}) OVER ({partition}ORDER BY {start} {before}) THEN 1 ELSE 0 END"
    marked = f"SELECT *, {begins} AS begins FROM {_from(plan.child, lowering)}"
    numbered = f"SELECT *, sum(begins) OVER ({partition}ORDER BY {start}) AS number FROM ({marked}) AS m"
    whole = f"OVER (PARTITION BY {keys}number)"
    bounds = f'struct_pack("start" := min({start}) {whole}, "end" := max({end}) {whole})'
    return f"SELECT {_columns(plan.output[:-1])}, {bounds} AS {column(plan.merged)} FROM ({numbered}) AS n"


def _lower_python(plan: Any, lowering: Lowering) -> str:
    """A table function of the user: its inputs are queries of their own, its rows come in as a table."""
    children = (plan.left, plan.right) if isinstance(plan, CoGroupMap) else (plan.child,)
    lowered = tuple(
        lower_query(child, lowering.environment, f"{lowering.nested_prefix()}{'ab'[i]}")
        for i, child in enumerate(children)
    )
    name = lowering.input_name()
    lowering.inputs.append(PythonInput(name, plan, lowered))
    return _renamed_input(name, plan.output)


_RULES: dict[type[LogicalPlan], Callable[[Any, Lowering], str]] = {
    LocalRelation: _lower_local,
    Input: _lower_input,
    Scan: _lower_scan,
    Stored: _lower_stored,
    OneRow: _lower_one_row,
    Range: _lower_range,
    Project: _lower_project,
    Filter: _lower_filter,
    Join: _lower_join,
    SetOperation: _lower_set_operation,
    Sort: _lower_sort,
    Limit: _lower_limit,
    Tail: _lower_tail,
    Aggregate: _lower_aggregate,
    Deduplicate: _lower_deduplicate,
    Sample: _lower_sample,
    Generate: _lower_generate,
    MergeSessions: _lower_merge_sessions,
    MapPartitions: _lower_python,
    GroupMap: _lower_python,
    CoGroupMap: _lower_python,
}
