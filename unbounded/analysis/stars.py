"""Stars and column regexes: which columns `*`, `t.*`, `struct.*` and `df.colRegex` stand for."""

from __future__ import annotations

import re

from unbounded.analysis import names
from unbounded.analysis.context import Analysis, Scope
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute, GetField, NamedExpression
from unbounded.plan.metadata_columns import is_of_source
from unbounded.types.datatypes import StructType


def expand_star(
    star: u.UnresolvedStar | u.UnresolvedRegex, scope: Scope, analysis: Analysis
) -> tuple[NamedExpression, ...]:
    """The columns meant, in the order of the input.

    Raises: SparkError CANNOT_RESOLVE_STAR_EXPAND
    """
    if isinstance(star, u.UnresolvedRegex):
        return _matching(star.pattern, scope.attributes, analysis)
    columns = _expand(star, scope, analysis)
    excluded = {names.resolve_name(parts, scope, analysis) for parts in star.except_columns}
    return tuple(column for column in columns if column not in excluded)


def _expand(star: u.UnresolvedStar, scope: Scope, analysis: Analysis) -> tuple[NamedExpression, ...]:
    attributes = _of_plan(star.plan_id, scope, analysis)
    if not star.target:
        return attributes
    keys = {a.id: a for a in scope.metadata_columns if not is_of_source(a)}
    shown = {a.id for a in attributes}
    hidden = tuple(a for a in keys.values() if a.id not in shown and _has_qualifier(a, star.target, analysis))
    qualified = (*hidden, *(a for a in attributes if _has_qualifier(a, star.target, analysis)))
    if qualified:
        analysis.asked.hidden_columns |= bool(hidden)
        return qualified
    base = names.find_name(star.target, scope, analysis)
    if base is not None and isinstance(base.data_type, StructType):
        fields = base.data_type.fields
        return tuple(analysis.ids.alias(GetField(base, i), f.name, f.metadata) for i, f in enumerate(fields))
    raise analysis_error(
        "CANNOT_RESOLVE_STAR_EXPAND",
        targetString=names.quoted(star.target),
        columns=", ".join(sorted(names.quoted(a.name.split(".")) for a in attributes)),
    )


def _of_plan(plan_id: int | None, scope: Scope, analysis: Analysis) -> tuple[Attribute, ...]:
    if plan_id is None:
        return scope.attributes
    ids = {a.id for output in analysis.outputs_by_plan_id.get(plan_id, []) for a in output}
    return tuple(a for a in scope.attributes if a.id in ids)


def _has_qualifier(attribute: Attribute, target: tuple[str, ...], analysis: Analysis) -> bool:
    tail = attribute.qualifier[-len(target) :]
    return len(tail) == len(target) and all(analysis.same_name(a, b) for a, b in zip(tail, target, strict=True))


def _matching(pattern: str, attributes: tuple[Attribute, ...], analysis: Analysis) -> tuple[Attribute, ...]:
    flags = 0 if analysis.environment.is_case_sensitive else re.IGNORECASE
    return tuple(a for a in attributes if re.fullmatch(pattern, a.name, flags))
