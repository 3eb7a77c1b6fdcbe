"""Schema JSON, against what Spark 4.2 answers for the same text."""

from __future__ import annotations

import pytest

from unbounded.errors import SparkError
from unbounded.types.json_form import from_json, to_json

SAME = [
    '"long"',
    '"decimal(5,2)"',
    '"char(3)"',
    '"interval day"',
    '"interval day to second"',
    '"interval year to month"',
    '"interval"',
    '"void"',
    '{"type":"array","elementType":"integer","containsNull":false}',
    '{"type":"map","keyType":"string","valueType":"long","valueContainsNull":true}',
    '{"type":"struct","fields":[{"name":"a","type":"long","nullable":false,"metadata":{"x":1,"y":[1,[]],"b":true}}]}',
    '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{"z":{"w":1.5,"e":{}},"n":null}}]}',
]

READ_AS = {
    '"null"': '"void"',
    '"timestamp_ltz"': '"timestamp"',
    '"decimal"': '"decimal(10,0)"',
    '{"type":"struct","fields":[{"name":"a","type":"integer"}]}': (
        '{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{}}]}'
    ),
}

INVALID = {
    '"int"': "int",
    '"calendarinterval"': "calendarinterval",
    "5": "5",
    '{"type":"foo"}': '{"type":"foo"}',
    '{"type":"array","elementType":"integer"}': '{"type":"array","elementType":"integer"}',
    '{"fields":[]}': '{"fields":[]}',
    "foo": "foo",
}

REFUSED = {
    '"string collate UNICODE"': "The type STRING COLLATE UNICODE",
    '"time(6)"': "The type TIME(6)",
    '{"type":"udt","pyClass":"a.b"}': "A user-defined type",
    '{"type":"struct","fields":[{"name":"a","type":"string","metadata":{"__COLLATIONS":{"a":"icu.UNICODE"}}}]}': (
        "The collation of column a"
    ),
}


@pytest.mark.parametrize("text", SAME)
def test_round_trip(text: str) -> None:
    assert to_json(from_json(text)) == text
    assert hash(from_json(text)) == hash(from_json(text))


@pytest.mark.parametrize(("text", "written"), READ_AS.items())
def test_other_spellings(text: str, written: str) -> None:
    assert to_json(from_json(text)) == written


@pytest.mark.parametrize(("text", "invalid_type"), INVALID.items())
def test_invalid(text: str, invalid_type: str) -> None:
    with pytest.raises(SparkError) as raised:
        from_json(text)
    assert (raised.value.condition, raised.value.parameters) == (
        "INVALID_JSON_DATA_TYPE",
        {"invalidType": invalid_type},
    )


@pytest.mark.parametrize(("text", "feature"), REFUSED.items())
def test_refused_by_name(text: str, feature: str) -> None:
    with pytest.raises(SparkError) as raised:
        from_json(text)
    assert (raised.value.condition, raised.value.parameters["feature"]) == ("UNBOUNDED_NOT_SUPPORTED", feature)
