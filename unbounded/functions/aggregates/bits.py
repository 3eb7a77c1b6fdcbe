"""Aggregates of bits and booleans, and the product."""

from __future__ import annotations

from unbounded.functions.aggregates.calls import first_type, own_state
from unbounded.functions.registry import Function, aggregate, call
from unbounded.functions.signature import INTEGRAL, P_BOOLEAN, P_DOUBLE
from unbounded.types.datatypes import BOOLEAN, DOUBLE


def _bits(name: str) -> Function:
    rule = call(name, "{0}")
    return aggregate([INTEGRAL], first_type, rule, state=own_state(rule, name))


def _logic(name: str) -> Function:
    rule = call(name, "{0}")
    return aggregate([P_BOOLEAN], BOOLEAN, rule, state=own_state(rule, name))


_PRODUCT = call("product", "{0}")
_AND, _OR = _logic("bool_and"), _logic("bool_or")

FUNCTIONS: dict[str, Function] = {
    "bit_and": _bits("bit_and"),
    "bit_or": _bits("bit_or"),
    "bit_xor": _bits("bit_xor"),
    "bool_and": _AND,
    "every": _AND,
    "bool_or": _OR,
    "some": _OR,
    "any": _OR,
    "product": aggregate([P_DOUBLE], DOUBLE, _PRODUCT, state=own_state(_PRODUCT, "product")),
}
