"""What the state of an operator is to who reads it: keys and values with names and Spark's types, as Spark splits them.

Keys have the names of the query. The values of aggregates are ours, by the name of the function; Spark's internal
values of some functions are others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from unbounded.checkpoint.operator_metadata import OperatorMetadata, StoreMetadata
from unbounded.plan.expressions import Attribute
from unbounded.streaming.operators.dispatch import operator_name
from unbounded.streaming.plans import (
    IncrementalAggregate,
    IncrementalDeduplicate,
    IncrementalLimit,
    IncrementalSessions,
    StatefulOperator,
)
from unbounded.types.datatypes import LONG, NULL, TIMESTAMP, StructField, StructType

NO_KEY = StructType((StructField("key", NULL),))
_NO_VALUE = StructType((StructField("__dummy__", NULL),))
_EXPIRY_VALUE = StructType((StructField("expiresAtMicros", LONG, False),))
_LIMIT_VALUE = StructType((StructField("value", LONG),))
_SESSION_START = StructField("sessionStartTime", TIMESTAMP, False)


def operator_metadata(operator: StatefulOperator) -> OperatorMetadata:
    return OperatorMetadata(operator.operator_id, operator_name(operator), (_store(operator),))


def _store(operator: StatefulOperator) -> StoreMetadata:
    match operator:
        case IncrementalAggregate(state=state, key_count=key_count):
            key = _struct(state[:key_count]) if key_count else NO_KEY
            return StoreMetadata(key, _struct(state[key_count:]), key_count)
        case IncrementalSessions(state=state, key_count=key_count, session=session):
            keys = [attribute for i, attribute in enumerate(state[:key_count]) if i != session]
            key = StructType((*_struct(keys).fields, _SESSION_START))
            return StoreMetadata(key, _struct(state), len(keys), prefix_key_count=len(keys))
        case IncrementalDeduplicate(keys=positions):
            value = _EXPIRY_VALUE if operator.is_within_watermark else _NO_VALUE
            return StoreMetadata(_struct(operator.distinct.output[i] for i in positions), value, len(positions))
        case IncrementalLimit():
            return StoreMetadata(NO_KEY, _LIMIT_VALUE, 0)


def _struct(columns: Iterable[Attribute]) -> StructType:
    return StructType(tuple(_distinct(column.to_field() for column in columns)))


def _distinct(fields: Iterable[StructField]) -> Iterator[StructField]:
    """Names that are there already get a number."""
    seen: set[str] = set()
    for field in fields:
        name, number = field.name, 2
        while name.lower() in seen:
            name, number = f"{field.name}_{number}", number + 1
        seen.add(name.lower())
        yield replace(field, name=name)
