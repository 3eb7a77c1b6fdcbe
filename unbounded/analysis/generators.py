"""explode and its family: out of select lists and LATERAL VIEW into `Generate` nodes; table functions in FROM."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.analysis import names
from unbounded.analysis.context import Analysis, Scope
from unbounded.analysis.expressions import parsed, resolve_projection
from unbounded.analysis.lateral_aliases import LateralAliases
from unbounded.analysis.windows import refuse_bare_window_functions
from unbounded.errors import analysis_error, not_supported
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import FunctionKind
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, GeneratorCall, Literal, NamedExpression
from unbounded.plan.logical import Generate, LogicalPlan, OneRow, Project, Range
from unbounded.plan.tree import walk
from unbounded.types.datatypes import LONG


def resolve_select_list(
    expressions: Sequence[u.Expression], child: LogicalPlan, analysis: Analysis
) -> tuple[LogicalPlan, tuple[NamedExpression, ...]]:
    """Typed select list; a generator in it becomes a `Generate` under the projection, several give every combination.

    An item sees the aliases before it, behind the columns of `child` (lateral column aliases).
    Raises: SparkError UNSUPPORTED_GENERATOR.*
    """
    named: list[NamedExpression] = []
    plan = child
    earlier = LateralAliases(analysis.ids)
    for expression in map(parsed, expressions):
        scope = earlier.behind(analysis.scope(child))
        for resolved in resolve_projection((expression,), scope, analysis):
            column = earlier.replaced(resolved, expression)
            if isinstance(column, Alias) and isinstance(column.child, GeneratorCall):
                plan, made = _generate(plan, column.child, _given_names(expression), column.child.is_outer, analysis)
                named.extend(made)
            else:
                _refuse_nested(column)
                refuse_bare_window_functions(column)
                named.append(column)
                earlier.add(column, expression)
    return plan, tuple(named)


def _given_names(expression: u.Expression) -> tuple[str, ...]:
    return expression.names if isinstance(expression, u.Alias) else ()


def _generate(
    plan: LogicalPlan, generator: GeneratorCall, given: tuple[str, ...], is_outer: bool, analysis: Analysis
) -> tuple[Generate, tuple[Attribute, ...]]:
    columns = generator.columns
    if given and len(given) != len(columns):
        raise analysis_error("UDTF_ALIAS_NUMBER_MISMATCH", aliasesSize=str(len(columns)), aliasesNames=", ".join(given))
    shown = given or tuple(c.name for c in columns)
    attributes = tuple(
        analysis.ids.attribute(name, c.data_type, c.nullable or is_outer)
        for name, c in zip(shown, columns, strict=True)
    )
    return Generate(plan, generator, is_outer, attributes), attributes


def _refuse_nested(column: NamedExpression) -> None:
    nested = [node for node in walk(column) if isinstance(node, GeneratorCall)]
    if nested and isinstance(column, Alias):
        raise analysis_error("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", expression=f'"{pretty_name(column.child)}"')


def resolve_lateral_view(relation: u.Generate, analysis: Analysis) -> LogicalPlan:
    child = analysis.relation(relation.child)
    generator = _generator(relation.generator, analysis.scope(child), analysis)
    plan, made = _generate(child, generator, relation.columns, relation.is_outer or generator.is_outer, analysis)
    if relation.alias is None:
        return plan
    qualified = {a.id for a in made}
    columns = tuple(a if a.id not in qualified else _qualified(a, relation.alias) for a in plan.output)
    return Generate(plan.child, plan.generator, plan.is_outer, columns[len(child.output) :])


def _qualified(attribute: Attribute, alias: str) -> Attribute:
    return Attribute(attribute.id, attribute.name, attribute.data_type, attribute.nullable, (alias,))


def _generator(call: u.UnresolvedFunction, scope: Scope, analysis: Analysis) -> GeneratorCall:
    if REGISTRY.find(call.name.lower()) is None and call.name.lower() not in REGISTRY.known:
        raise analysis_error("ROUTINE_NOT_FOUND", routineName=f"`default`.`{call.name}`")
    resolved = analysis.expression(call, scope)
    if not isinstance(resolved, GeneratorCall):
        raise analysis_error(
            "UNSUPPORTED_GENERATOR.NOT_GENERATOR", functionName=f"`{call.name}`", classCanonicalName=call.name
        )
    return resolved


def resolve_table_function(relation: u.TableFunction, analysis: Analysis) -> LogicalPlan:
    """`range(...)` and generators in FROM. Raises: SparkError UNRESOLVABLE_TABLE_VALUED_FUNCTION"""
    name = relation.name.lower()
    if name == "range":
        return _resolve_range(relation, analysis)
    function = REGISTRY.find(name)
    if function is None and name in REGISTRY.known:
        raise not_supported(f"The table function {name}", "It has no replacement here.")
    if function is None or function.kind is not FunctionKind.GENERATOR:
        raise analysis_error("UNRESOLVABLE_TABLE_VALUED_FUNCTION", name=names.quoted((relation.name,)))
    scope = Scope((), analysis.outer)
    generator = _generator(u.UnresolvedFunction(name, relation.arguments), scope, analysis)
    plan, made = _generate(OneRow(), generator, (), generator.is_outer, analysis)
    return Project(plan, made)


def _resolve_range(relation: u.TableFunction, analysis: Analysis) -> LogicalPlan:
    values = [analysis.expression(a, Scope()) for a in relation.arguments]
    numbers = [v.value for v in values if isinstance(v, Literal)]
    if len(numbers) != len(values) or not 1 <= len(numbers) <= 4:
        raise not_supported("range() with these arguments", "Give one to four integer constants.")
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else 1
    return Range(start, end, step, (analysis.ids.attribute("id", LONG, nullable=False),))
