"""Types as SQL text, against what Spark 4.2 answers for the same text."""

from __future__ import annotations

import pytest

from unbounded.errors import SparkError
from unbounded.types.ddl import parse_columns, parse_data_type, parse_ddl, parse_schema, to_ddl
from unbounded.types.json_form import to_json
from unbounded.types.tree_string import tree_string

TYPES = {
    "int": '"integer"',
    "INTEGER": '"integer"',
    "long": '"long"',
    "bigint": '"long"',
    "short": '"short"',
    "byte": '"byte"',
    "real": '"float"',
    "dec": '"decimal(10,0)"',
    "numeric": '"decimal(10,0)"',
    "dec(5)": '"decimal(5,0)"',
    "decimal ( 5 , 2 )": '"decimal(5,2)"',
    "decimal(0,0)": '"decimal(0,0)"',
    "character(5)": '"char(5)"',
    "varchar(5)": '"varchar(5)"',
    "timestamp": '"timestamp"',
    "timestamp_ltz": '"timestamp"',
    "timestamp_ntz": '"timestamp_ntz"',
    "timestamp without time zone": '"timestamp_ntz"',
    "timestamp with local time zone": '"timestamp"',
    "void": '"void"',
    "interval": '"interval"',
    "interval year": '"interval year"',
    "INTERVAL DAY TO HOUR": '"interval day to hour"',
    "string collate utf8_binary": '"string"',
    "int -- a comment": '"integer"',
    "int /* a comment */": '"integer"',
    "ARRAY < int >": '{"type":"array","elementType":"integer","containsNull":true}',
    "map<string,int>": '{"type":"map","keyType":"string","valueType":"integer","valueContainsNull":true}',
    "struct<>": '{"type":"struct","fields":[]}',
    "struct<a int>": '{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{}}]}',
}

COLUMNS = {
    "a int": "a INT",
    "a int NOT NULL COMMENT 'it''s'": "a INT NOT NULL COMMENT 'it\\'s'",
    'a int comment "q"': "a INT COMMENT 'q'",
    "a int comment 'x' 'y'": "a INT COMMENT 'xy'",
    "a int comment 'a\\tb\\u0041'": "a INT COMMENT 'a\tbA'",
    "`b c` array<struct<x:int not null,`y.z` string comment 'q'>>": (
        "`b c` ARRAY<STRUCT<x: INT NOT NULL, `y.z`: STRING COMMENT 'q'>>"
    ),
    "`i``j` binary, k map<string,decimal(5,2)>": "`i``j` BINARY,k MAP<STRING, DECIMAL(5,2)>",
    "1a int, _ int, `12` int, `` int": "`1a` INT,_ INT,`12` INT,`` INT",
    "select int, interval interval, timestamp string": "select INT,interval INTERVAL,timestamp STRING",
    "`a/*b` int comment '/*'": "`a/*b` INT COMMENT '/*'",
    "a interval day to second not null": "a INTERVAL DAY TO SECOND NOT NULL",
    "a\tint\n,b string": "a INT,b STRING",
}

REFUSALS = {
    "foo": 'UNSUPPORTED_DATATYPE typeName="FOO"',
    "null": 'UNSUPPORTED_DATATYPE typeName="NULL"',
    "int(4)": 'UNSUPPORTED_DATATYPE typeName="INT(4)"',
    "decimal(10,2,3)": 'UNSUPPORTED_DATATYPE typeName="DECIMAL(10,2,3)"',
    "char": 'DATATYPE_MISSING_SIZE type="CHAR"',
    "array": "INCOMPLETE_TYPE_DEFINITION.ARRAY elementType=<INT>",
    "struct": "INCOMPLETE_TYPE_DEFINITION.STRUCT",
    "decimal(39,0)": "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION precision=39 maxPrecision=38",
    "decimal(5,6)": "_LEGACY_ERROR_TEMP_1228 scale=6 precision=5",
    "decimal(5,-2)": "PARSE_SYNTAX_ERROR error='-' hint=",
    "decimal()": "PARSE_SYNTAX_ERROR error=')' hint=",
    "a b": "PARSE_SYNTAX_ERROR error='b' hint=: extra input 'b'",
    "array<int>>": "PARSE_SYNTAX_ERROR error='>' hint=: extra input '>'",
    "interval second to hour": "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION input= from=second to=hour",
    " ": "PARSE_EMPTY_STATEMENT",
    "int /* x": "UNCLOSED_BRACKETED_COMMENT",
    "string collate UNICODE": "UNBOUNDED_NOT_SUPPORTED feature=The collation UNICODE hint=Only UTF8_BINARY is there.",
    "time(3)": "UNBOUNDED_NOT_SUPPORTED feature=The type TIME hint=Use STRING or a number.",
}

COLUMN_REFUSALS = {
    "int": "PARSE_SYNTAX_ERROR error=end of input hint=",
    "a int,": "PARSE_SYNTAX_ERROR error=end of input hint=",
    "a: int": "PARSE_SYNTAX_ERROR error=':' hint=",
    "a foo": 'UNSUPPORTED_DATATYPE typeName="FOO"',
    "a b c": "PARSE_SYNTAX_ERROR error='c' hint=: extra input 'c'",
    "a int not nul": "PARSE_SYNTAX_ERROR error='nul' hint=",
    "a int comment 5": "PARSE_SYNTAX_ERROR error='5' hint=",
    '"a" int': "PARSE_SYNTAX_ERROR error='\"a\"' hint=",
    "a decimal(10": "PARSE_SYNTAX_ERROR error=end of input hint=",
    "é int": "INVALID_IDENTIFIER ident=é",
}

TREE = """\
root
 |-- a\\nb: array (nullable = true)
 |    |-- element: array (containsNull = true)
 |    |    |-- element: map (containsNull = true)
 |    |    |    |-- key: integer
 |    |    |    |-- value: struct (valueContainsNull = true)
 |    |    |    |    |-- q: long (nullable = false)
 |-- d: decimal(5,2) (nullable = true)
"""


@pytest.mark.parametrize(("text", "json"), TYPES.items())
def test_type(text: str, json: str) -> None:
    assert to_json(parse_data_type(text)) == json


@pytest.mark.parametrize(("text", "ddl"), COLUMNS.items())
def test_columns(text: str, ddl: str) -> None:
    assert to_ddl(parse_columns(text)) == ddl


@pytest.mark.parametrize(("text", "error"), REFUSALS.items())
def test_refused_type(text: str, error: str) -> None:
    with pytest.raises(SparkError) as raised:
        parse_data_type(text)
    assert shown(raised.value) == error


@pytest.mark.parametrize(("text", "error"), COLUMN_REFUSALS.items())
def test_refused_columns(text: str, error: str) -> None:
    with pytest.raises(SparkError) as raised:
        parse_columns(text)
    assert shown(raised.value) == error


@pytest.mark.parametrize(
    ("text", "simple_string"),
    {
        "a: int, b: string": "struct<a:int,b:string>",
        "a int, b string": "struct<a:int,b:string>",
        "int": "int",
        "": "struct<>",
    }.items(),
)
def test_ddl_of_any_form(text: str, simple_string: str) -> None:
    assert parse_ddl(text).simple_string == simple_string


@pytest.mark.parametrize(
    "text", ["a INT", "struct<a:int>", '{"type":"struct","fields":[{"name":"a","type":"integer"}]}']
)
def test_schema_of_any_form(text: str) -> None:
    assert to_ddl(parse_schema(text)) == "a INT"


def test_ddl_error_is_that_of_the_first_attempt() -> None:
    with pytest.raises(SparkError) as raised:
        parse_ddl("a:int b")
    assert shown(raised.value) == "PARSE_SYNTAX_ERROR error=':' hint="


def test_tree_string_by_level() -> None:
    schema = parse_columns("`a\nb` array<array<map<int, struct<q: bigint not null>>>>, d decimal(5,2)")
    lines = TREE.splitlines(keepends=True)
    assert tree_string(schema) == tree_string(schema, 0) == TREE
    assert tree_string(schema, 1) == lines[0] + lines[1] + lines[-1]
    assert tree_string(schema, 3) == "".join(lines[:4]) + lines[-1]
    assert tree_string(schema, 4) == "".join(lines[:6]) + lines[-1]


def shown(error: SparkError) -> str:
    return " ".join((error.condition, *(f"{key}={value}" for key, value in error.parameters.items())))
