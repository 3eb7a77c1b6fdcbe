"""Our trees against the trees of Spark 4.2's own parser, for the expressions in `recorded/expressions.json`.

The same file records the columns Spark makes of `SELECT <expression>` (name and type; several for a generator; null
where Spark refuses the query) over a view t with a int, b bigint, s string, d double, arr array<bigint>,
m map<string,bigint>, st struct<x:bigint,y:string>, p boolean, ts timestamp, dt date: the naming table.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from spark_tree import spark_tree

from unbounded.errors import SparkError
from unbounded.sql import parse_expression

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "recorded" / "expressions.json").read_text("utf-8")
)

OURS = {
    # Spark's parser builds some functions itself; we call them by name and leave defaults to the function.
    "position('a' in s)": "locate(a, 's)",
    "overlay(s placing 'x' from 1)": "overlay('s, x, 1)",
    "trim('x' from s)": "trim(x, 's)",
    "trim(both 'x' from s)": "trim(x, 's)",
    "trim(leading 'x' from s)": "ltrim(x, 's)",
    "trim(trailing 'x' from s)": "rtrim(x, 's)",
    "trim(both from s)": "trim('s)",
    "trim(leading from s)": "ltrim('s)",
    "first(a)": "first('a)",
    "first(a ignore nulls)": "first('a)",
    "any_value(a)": "any_value('a)",
    "struct(a,b)": "struct('a, 'b)",
    "struct(a as c, b)": "struct('a AS c, 'b)",
    "struct(a, 1)": "struct('a, 1)",
    "inline(array(struct(1,'a')))": "inline(array(struct(1, a)))",
    "s collate UTF8_LCASE": "collate('s, UTF8_LCASE)",
    "dateadd(day,1,dt)": "timestampadd(day, 1, 'dt)",
    "date_add(day,1,dt)": "timestampadd(day, 1, 'dt)",
    "timestampadd(day,1,dt)": "timestampadd(day, 1, 'dt)",
    "datediff(day,dt,dt)": "timestampdiff(day, 'dt, 'dt)",
    "date_diff(day,dt,dt)": "timestampdiff(day, 'dt, 'dt)",
    "timestampdiff(hour,ts,ts)": "timestampdiff(hour, 'ts, 'ts)",
    # The analyser makes count(1) of it.
    "count(*)": "count(*)",
    # Spark hides the operand of these from its text.
    "p is unknown": "isnull('p)",
    "p is not unknown": "isnotnull('p)",
    "s ilike 'a%'": "ilike('s, a%)",
    "s rlike 'a'": "rlike('s, a)",
    "s regexp 'a'": "rlike('s, a)",
    # Operators called by name look like operators; a LIKE function too.
    "`+`(1,2)": "(1 + 2)",
    "`==`(1,2)": "(1 = 2)",
    "and(true,false)": "(true AND false)",
    "like(s,'a')": "'s LIKE a",
}
REFUSED = {"time'10:00:00'", "parse_json('{\"a\":1}'):a"}


@pytest.mark.parametrize("text", RECORDED)
def test_tree_is_sparks(text: str) -> None:
    if text in REFUSED:
        with pytest.raises(SparkError, match="UNBOUNDED_NOT_SUPPORTED"):
            parse_expression(text)
        return
    expected = OURS.get(text) or _without_call_marks(RECORDED[text]["tree"])
    assert spark_tree(parse_expression(text)) == expected


def _without_call_marks(tree: str) -> str:
    """Spark writes `'f('a)` for an unresolved call and `` `f g` `` for a quoted name."""
    return re.sub(r"'(\w[\w.]*)\(", r"\1(", tree)
