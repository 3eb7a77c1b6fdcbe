"""Finding columns by name: qualifiers, struct fields, the client's plan ids; and what to say when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from unbounded.analysis.context import Analysis, Scope
from unbounded.errors import SparkError, analysis_error
from unbounded.plan.expressions import Attribute, Call, Expression, GetField, LambdaVariable, Literal
from unbounded.plan.metadata_columns import is_of_source, metadata_columns
from unbounded.plan.tree import rewrite, walk
from unbounded.types.datatypes import STRING, ArrayType, MapType, StructType
from unbounded.types.metadata import METADATA_COLUMN_KEY

_MAX_SUGGESTIONS = 5


def resolve_name(parts: tuple[str, ...], scope: Scope, analysis: Analysis) -> Expression:
    """The column, struct field or lambda variable called `parts`.

    Raises: SparkError UNRESOLVED_COLUMN.*, AMBIGUOUS_REFERENCE, FIELD_NOT_FOUND
    """
    found = find_name(parts, scope, analysis)
    if found is None:
        raise unresolved_column(parts, scope.attributes)
    return found


def find_name(parts: tuple[str, ...], scope: Scope, analysis: Analysis) -> Expression | None:
    """As `resolve_name`, with None for an unknown name."""
    current: Scope | None = scope
    while current is not None:
        found = _find_variable(parts, current, analysis) or _find_column(parts, current.attributes, analysis)
        found = found or _find_metadata(parts, current.metadata_columns, analysis)
        if found is not None:
            return found
        current = current.outer
    return None


def resolve_in_plan(parts: tuple[str, ...], plan_id: int, scope: Scope, analysis: Analysis) -> Expression:
    """The column `parts` of the DataFrame numbered `plan_id`, as it is visible in `scope`.

    Raises: SparkError CANNOT_RESOLVE_DATAFRAME_COLUMN, AMBIGUOUS_COLUMN_REFERENCE
    """
    visible = _visible_ids(scope)
    recorded = analysis.outputs_by_plan_id.get(plan_id, [])
    lacking = {a.id for output in recorded for a in output} - visible
    hidden = _hidden_keys(scope) & lacking if lacking else set()
    in_sight = visible | hidden
    candidates = [output for output in recorded if any(a.id in in_sight for a in output)]
    found = [column for output in candidates if (column := _find_visible(parts, output, in_sight, analysis))]
    shown = f'"{".".join(parts)}"'
    if len(found) > 1:
        raise analysis_error("AMBIGUOUS_COLUMN_REFERENCE", name=shown)
    if found:
        analysis.asked.hidden_columns |= any(isinstance(a, Attribute) and a.id in hidden for a in walk(found[0]))
        return found[0]
    metadata = _find_metadata(parts, _metadata_of_plan(plan_id, scope, analysis), analysis)
    if metadata is not None:
        return metadata
    raise analysis_error("CANNOT_RESOLVE_DATAFRAME_COLUMN", name=shown)


def resolve_metadata_in_plan(parts: tuple[str, ...], plan_id: int, scope: Scope, analysis: Analysis) -> Expression:
    """As `resolve_in_plan` for metadata columns alone, by the names they have while no other column has them.

    Raises: SparkError CANNOT_RESOLVE_DATAFRAME_COLUMN
    """
    for column in _metadata_of_plan(plan_id, scope, analysis):
        if analysis.same_name(dict(column.metadata).get(METADATA_COLUMN_KEY, column.name), parts[0]):
            analysis.asked.hidden_columns = True
            return _with_fields(column, parts[1:], analysis)
    raise analysis_error("CANNOT_RESOLVE_DATAFRAME_COLUMN", name=f'"{".".join(parts)}"')


def unresolved_column(parts: Sequence[str], attributes: Sequence[Attribute]) -> SparkError:
    suggestions = suggest(parts, [(*a.qualifier, a.name) for a in attributes])
    if not suggestions:
        return analysis_error("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", objectName=quoted(parts))
    return analysis_error(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION", objectName=quoted(parts), proposal=", ".join(suggestions)
    )


def suggest(parts: Sequence[str], candidates: Sequence[tuple[str, ...]]) -> list[str]:
    """The nearest candidates by edit distance, quoted; a qualifier that all of them share is left out."""
    if len({candidate[:-1] for candidate in candidates}) == 1 and len(parts) == 1:
        candidates = [candidate[-1:] for candidate in candidates]
    wanted = ".".join(parts)
    ranked = sorted(candidates, key=lambda candidate: (edit_distance(quoted(candidate), wanted), candidate))
    return [quoted(candidate) for candidate in ranked[:_MAX_SUGGESTIONS]]


def quoted(parts: Sequence[str]) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


def field_of(child: Expression, name: str, analysis: Analysis) -> Expression:
    """`child.name`: a struct's field, the fields of an array of structs, or a map's value.

    Raises: SparkError FIELD_NOT_FOUND, AMBIGUOUS_REFERENCE_TO_FIELDS, INVALID_EXTRACT_BASE_FIELD_TYPE
    """
    match child.data_type:
        case StructType() | ArrayType(element_type=StructType()):
            return GetField(child, _field_index(child, name, analysis))
        case MapType(value_type=value_type):
            return Call("get_item", (child, Literal(name, STRING)), value_type)
        case other:
            raise analysis_error(
                "INVALID_EXTRACT_BASE_FIELD_TYPE",
                base=f'"{_shown(child)}"',
                other=f'"{other.sql_name}"',
            )


def _field_index(child: Expression, name: str, analysis: Analysis) -> int:
    struct = GetField(child, 0).struct_type
    positions = [i for i, f in enumerate(struct.fields) if analysis.same_name(f.name, name)]
    if not positions:
        fields = ", ".join(quoted((f.name,)) for f in struct.fields)
        raise analysis_error("FIELD_NOT_FOUND", fieldName=quoted((name,)), fields=fields)
    if len(positions) > 1:
        raise analysis_error("AMBIGUOUS_REFERENCE_TO_FIELDS", field=quoted((name,)), count=str(len(positions)))
    return positions[0]


def _shown(expression: Expression) -> str:
    return expression.name if isinstance(expression, Attribute) else type(expression).__name__


def _find_variable(parts: tuple[str, ...], scope: Scope, analysis: Analysis) -> Expression | None:
    match: LambdaVariable | None = next((v for v in scope.variables if analysis.same_name(v.name, parts[0])), None)
    return _with_fields(match, parts[1:], analysis) if match is not None else None


def _find_column(parts: tuple[str, ...], attributes: Sequence[Attribute], analysis: Analysis) -> Expression | None:
    """Longest qualifier first, as Spark does: `a.b.c` is column c of a.b before it is field c of a.b."""
    for length in range(len(parts) - 1, -1, -1):
        qualifier, name, fields = parts[:length], parts[length], parts[length + 1 :]
        found = {a.id: a for a in attributes if _matches(a, qualifier, name, analysis)}
        if len(found) > 1:
            shown = [quoted((*a.qualifier, a.name)) for a in found.values()]
            raise analysis_error(
                "AMBIGUOUS_REFERENCE", name=quoted(parts), referenceNames=f"[{', '.join(sorted(shown))}]"
            )
        if found:
            (column,) = found.values()
            return _with_fields(replace(column, name=name), fields, analysis)
    return None


def _find_metadata(parts: tuple[str, ...], columns: Sequence[Attribute], analysis: Analysis) -> Expression | None:
    named = [a for a in columns if is_of_source(a) or _is_qualified(a, parts, analysis)]
    found = _find_column(parts, named, analysis)
    analysis.asked.hidden_columns |= found is not None
    return found


def _is_qualified(attribute: Attribute, parts: tuple[str, ...], analysis: Analysis) -> bool:
    """Whether `parts` name the column, or a field of it, by its qualifier."""
    return any(_matches(attribute, parts[:length], parts[length], analysis) for length in range(1, len(parts)))


def _metadata_of_plan(plan_id: int, scope: Scope, analysis: Analysis) -> list[Attribute]:
    """The metadata columns of the DataFrame numbered `plan_id` that are in sight."""
    recorded = {a.id for plan in analysis.plans_by_id.get(plan_id, []) for a in metadata_columns(plan)}
    found: dict[int, Attribute] = {}
    current: Scope | None = scope if recorded else None
    while current is not None:
        for column in (*current.attributes, *current.metadata_columns):
            if column.id in recorded:
                found.setdefault(column.id, column)
        current = current.outer
    return list(found.values())


def _matches(attribute: Attribute, qualifier: tuple[str, ...], name: str, analysis: Analysis) -> bool:
    if not analysis.same_name(attribute.name, name):
        return False
    tail = attribute.qualifier[len(attribute.qualifier) - len(qualifier) :]
    return len(tail) == len(qualifier) and all(analysis.same_name(a, b) for a, b in zip(tail, qualifier, strict=True))


def _with_fields(base: Expression, fields: tuple[str, ...], analysis: Analysis) -> Expression:
    for name in fields:
        base = field_of(base, name, analysis)
    return base


def _visible_ids(scope: Scope) -> set[int]:
    current: Scope | None = scope
    visible: set[int] = set()
    while current is not None:
        visible |= {a.id for a in current.attributes}
        current = current.outer
    return visible


def _find_visible(
    parts: tuple[str, ...], output: tuple[Attribute, ...], visible: set[int], analysis: Analysis
) -> Expression | None:
    return find_name(parts, Scope(tuple(a for a in output if a.id in visible)), analysis)


def qualified(expression: Expression) -> Expression:
    """`expression` with the names of its columns as Spark's `sql` form has them."""

    def change(node: object) -> object:
        if not isinstance(node, Attribute) or not node.qualifier:
            return node
        return replace(node, name=".".join((*node.qualifier, node.name)))

    return cast(Expression, rewrite(expression, change))


def _hidden_keys(scope: Scope) -> set[int]:
    """Ids of the keys of USING joins that are in sight."""
    current: Scope | None = scope
    found: set[int] = set()
    while current is not None:
        found |= {a.id for a in current.metadata_columns if not is_of_source(a)}
        current = current.outer
    return found
