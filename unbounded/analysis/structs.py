"""Changing structs: `withField` and `dropFields`, as a rebuilt struct."""

from __future__ import annotations

import re

from unbounded.analysis import names
from unbounded.analysis.context import Analysis, Scope
from unbounded.errors import analysis_error
from unbounded.functions.naming import pretty_name
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Call, Expression, GetField, Literal
from unbounded.plan.identifiers import parse_column_name
from unbounded.types.datatypes import BOOLEAN, STRING, StructField, StructType

_SHOWN = re.compile(r"update_fields\((.*)\)")

Member = tuple[StructField, Expression]


def resolve_update_fields(update: u.UpdateFields, scope: Scope, analysis: Analysis) -> Expression:
    """The struct with one field added, replaced or dropped; `update.field` may be a dotted path.

    Raises: SparkError DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE, DATATYPE_MISMATCH.CANNOT_DROP_ALL_FIELDS
    """
    struct = analysis.expression(update.child, scope)
    value = analysis.expression(update.value, scope) if update.value is not None else None
    updated = _update(struct, parse_column_name(update.field), value, analysis)
    changed = _change_name(pretty_name(struct), parse_column_name(update.field), value)
    shown = _SHOWN.fullmatch(pretty_name(struct))
    earlier = f"{shown[1]}, " if shown else f"{pretty_name(struct)}, "
    return Call("update_fields", (updated, Literal(f"{earlier}{changed}", STRING)), updated.data_type, updated.nullable)


def _change_name(struct: str, path: tuple[str, ...], value: Expression | None) -> str:
    """As Spark shows one change; below the first level it is the change of a field."""
    if len(path) > 1:
        inner = f"{struct}.{path[0]}"
        return f"WithField(update_fields({inner}, {_change_name(inner, path[1:], value)}))"
    return f"WithField({pretty_name(value)})" if value is not None else "dropfield()"


def _update(struct: Expression, path: tuple[str, ...], value: Expression | None, analysis: Analysis) -> Expression:
    if not isinstance(struct.data_type, StructType):
        raise analysis_error(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            sqlExpr=f'"update_fields({pretty_name(struct)})"',
            paramIndex="first",
            requiredType='"STRUCT"',
            inputSql=f'"{pretty_name(struct)}"',
            inputType=f'"{struct.data_type.sql_name}"',
        )
    if len(path) > 1:
        inner = names.field_of(struct, path[0], analysis)
        value = _update(inner, path[1:], value, analysis)
    return _rebuild(struct, _changed_members(struct, struct.data_type, path[0], value, analysis))


def _changed_members(
    struct: Expression, data_type: StructType, name: str, value: Expression | None, analysis: Analysis
) -> list[Member]:
    members: list[Member] = []
    is_found = False
    for index, field in enumerate(data_type.fields):
        if not analysis.same_name(field.name, name):
            members.append((field, GetField(struct, index)))
        elif value is not None:
            is_found = True
            members.append((StructField(name, value.data_type, value.nullable), value))
    if value is not None and not is_found:
        members.append((StructField(name, value.data_type, value.nullable), value))
    if not members:
        raise analysis_error(
            "DATATYPE_MISMATCH.CANNOT_DROP_ALL_FIELDS", sqlExpr=f'"update_fields({pretty_name(struct)}, dropfield())"'
        )
    return members


def _rebuild(struct: Expression, members: list[Member]) -> Expression:
    """A NULL struct stays NULL."""
    arguments = tuple(part for field, value in members for part in (Literal(field.name, STRING), value))
    data_type = StructType(tuple(field for field, _ in members))
    rebuilt = Call("named_struct", arguments, data_type, False)
    if not struct.nullable:
        return rebuilt
    is_null = Call("isnull", (struct,), BOOLEAN, False)
    return Call("when", (is_null, Literal(None, data_type), rebuilt), data_type, True)
