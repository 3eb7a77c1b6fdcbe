"""The `.case` format itself: what ends a result, what survives a rewrite, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runner.case_file import CaseSyntaxError, belongs_here, parse_case_file, read_case_file, render_case_file
from tests.runner.rendering import sort_rows
from tests.runner.verbs import VERBS
from tests.runner.views import split_columns, view_query

CASES = Path(__file__).parent.parent / "cases"
STORY = """\
recorded: spark 4.2.0
# Why.

view t (a INT, m MAP<STRING, INT>)
(1, map())
----

# A result with blank lines.
todo not yet
show
print("x")

print("y")
----
x

y

sql ordered
SELECT 1
----
1

# The end.
"""


def test_blocks_of_a_file() -> None:
    case_file = parse_case_file(STORY)
    assert case_file.recorded == "spark 4.2.0"
    assert [(block.line, block.verb_line) for block in case_file.blocks] == [
        (4, "view t (a INT, m MAP<STRING, INT>)"),
        (10, "show"),
        (19, "sql ordered"),
    ]
    assert [block.expected_failure for block in case_file.blocks] == [None, "todo not yet", None]


def test_result_with_blank_lines_survives() -> None:
    show = parse_case_file(STORY).blocks[1]
    assert show.body == ('print("x")', "", 'print("y")')
    assert show.result == ("x", "", "y")


def test_rendering_gives_back_the_text() -> None:
    assert render_case_file(parse_case_file(STORY)) == STORY


@pytest.mark.parametrize("path", sorted(filter(belongs_here, CASES.rglob("*.case"))), ids=lambda path: path.stem)
def test_every_file_survives_a_rewrite(path: Path) -> None:
    case_file = read_case_file(path)
    assert render_case_file(case_file) == path.read_bytes().decode()
    assert {block.verb for block in case_file.blocks} <= VERBS.keys()


@pytest.mark.parametrize("text", ["select\n1\n----\n", "sql\nSELECT 1\n", "todo alone\n", "sql sorted\n----\n"])
def test_refused(text: str) -> None:
    with pytest.raises(CaseSyntaxError, match=r"line [12]:"):
        parse_case_file(text)


def test_at_most_twenty_verbs() -> None:
    assert len(VERBS) <= 20


def test_rows_are_sorted_between_the_rules() -> None:
    assert sort_rows(["+-+", "|n|", "+-+", "|b|", "|a|", "+-+"]) == ["+-+", "|n|", "+-+", "|a|", "|b|", "+-+"]


def test_columns_split_outside_brackets() -> None:
    assert split_columns("a DECIMAL(10,2), s STRUCT<x: INT, y: INT>") == ["a DECIMAL(10,2)", "s STRUCT<x: INT, y: INT>"]


def test_view_without_rows_keeps_types() -> None:
    assert view_query("a INT", []) == "SELECT CAST(NULL AS INT) AS a WHERE false"
