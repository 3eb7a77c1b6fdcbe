"""Arguments given by name (`mask('a', otherChar => '*')`) put in their places, for the functions that take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded.analysis.names import edit_distance
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.types.datatypes import STRING

Parameters = Sequence[tuple[str, u.Literal | None]]

_SUGGESTIONS = 3
_PARAMETERS: dict[str, Parameters] = {
    **dict.fromkeys(("explode", "explode_outer", "posexplode", "posexplode_outer"), (("collection", None),)),
    **dict.fromkeys(("inline", "inline_outer"), (("input", None),)),
    "mask": (
        ("str", None),
        ("upperChar", u.Literal("X", STRING)),
        ("lowerChar", u.Literal("x", STRING)),
        ("digitChar", u.Literal("n", STRING)),
        ("otherChar", u.Literal(None, STRING)),
    ),
}
"""The parameters in order with their defaults; None for one that must be given."""


def in_places(call: u.UnresolvedFunction) -> u.UnresolvedFunction:
    """`call` with arguments by place only.

    Raises: SparkError NAMED_PARAMETERS_NOT_SUPPORTED, UNEXPECTED_POSITIONAL_ARGUMENT, REQUIRED_PARAMETER_NOT_FOUND,
    UNRECOGNIZED_PARAMETER_NAME, DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.*
    """
    named = [a for a in call.arguments if isinstance(a, u.NamedArgument)]
    if not named:
        return call
    routine = f"`{call.name.lower()}`"
    parameters = _PARAMETERS.get(call.name.lower())
    if parameters is None:
        raise analysis_error("NAMED_PARAMETERS_NOT_SUPPORTED", functionName=routine)
    positional = call.arguments[: len(call.arguments) - len(named)]
    late = next((a for a in positional if isinstance(a, u.NamedArgument)), None)
    if late is not None:
        raise analysis_error("UNEXPECTED_POSITIONAL_ARGUMENT", routineName=routine, parameterName=f"`{late.key}`")
    given = dict(zip((name for name, _ in parameters), positional, strict=False))
    _take_named(named, given, parameters, routine)
    return replace(call, arguments=tuple(_values(given, parameters, routine)))


def _take_named(
    named: Sequence[u.NamedArgument], given: dict[str, u.Expression], parameters: Parameters, routine: str
) -> None:
    """Adds `named` to `given`, which holds the arguments by place."""
    names, by_place = [name for name, _ in parameters], set(given)
    for argument in named:
        shown = {"routineName": routine, "parameterName": f"`{argument.key}`"}
        if argument.key not in names:
            likely = sorted(names, key=lambda name: edit_distance(name, argument.key))[:_SUGGESTIONS]
            proposal = " ".join(f"`{name}`" for name in likely)
            raise analysis_error(
                "UNRECOGNIZED_PARAMETER_NAME", routineName=routine, argumentName=f"`{argument.key}`", proposal=proposal
            )
        if argument.key in by_place:
            raise analysis_error("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED", **shown)
        if argument.key in given:
            raise analysis_error("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE", **shown)
        given[argument.key] = argument.value


def _values(given: dict[str, u.Expression], parameters: Parameters, routine: str) -> list[u.Expression]:
    values: list[u.Expression] = []
    for index, (name, default) in enumerate(parameters):
        value = given.get(name, default)
        if value is None:
            raise analysis_error(
                "REQUIRED_PARAMETER_NOT_FOUND", routineName=routine, parameterName=f"`{name}`", index=str(index)
            )
        values.append(value)
    return values
