"""Queries: text against the unresolved relation it stands for."""

from __future__ import annotations

import pytest

from unbounded.plan.unresolved import (
    Aggregate,
    Alias,
    Deduplicate,
    Filter,
    Frame,
    FrameEdge,
    FrameUnit,
    Generate,
    GroupingKind,
    Hint,
    InlineTable,
    Join,
    JoinKind,
    Limit,
    Literal,
    NamedTable,
    Offset,
    OneRow,
    PivotTable,
    Project,
    Repartition,
    Sample,
    SetOperation,
    SetOperator,
    Sort,
    SortOrder,
    Subquery,
    SubqueryAlias,
    SubqueryKind,
    TableFunction,
    UnpivotTable,
    UnresolvedAttribute,
    UnresolvedFunction,
    UnresolvedStar,
    Window,
    WithCtes,
)
from unbounded.sql import parse_expression, parse_sort_order, parse_statement
from unbounded.types.datatypes import INTEGER

A, B, C, X = (UnresolvedAttribute((name,)) for name in ("a", "b", "c", "x"))
T, U = NamedTable(("t",)), NamedTable(("u",))
STAR = UnresolvedStar()
ONE, TWO, THREE = (Literal(number, INTEGER) for number in (1, 2, 3))
COUNT = UnresolvedFunction("count", (STAR,))
SELECT_1, SELECT_2, SELECT_3 = (Project(OneRow(), (number,)) for number in (ONE, TWO, THREE))
ON = UnresolvedFunction("==", (UnresolvedAttribute(("t", "a")), UnresolvedAttribute(("u", "a"))))


def everything(relation):  # type: ignore[no-untyped-def]
    return Project(relation, (STAR,))


def aggregate(*grouping, kind=GroupingKind.GROUP_BY, sets=()):  # type: ignore[no-untyped-def]
    return Aggregate(T, grouping, (A, COUNT), kind, sets, is_select_list=True)


def union(left, right, operator=SetOperator.UNION, is_all=False):  # type: ignore[no-untyped-def]
    return SetOperation(left, right, operator, is_all)


def explode(child, argument, alias, *columns, outer=False):  # type: ignore[no-untyped-def]
    return Generate(child, UnresolvedFunction("explode", (argument,)), outer, alias, columns)


QUERIES = {
    # SELECT and its clauses
    "select 1": SELECT_1,
    "SELECT a FROM t": Project(T, (A,)),
    "select a x, b as `y z` from t": Project(T, (Alias(A, ("x",)), Alias(B, ("y z",)))),
    "select a from t where b;": Project(Filter(T, B), (A,)),
    "select distinct a from t": Deduplicate(Project(T, (A,)), is_select=True),
    "select all a from t": Project(T, (A,)),
    "from t": everything(T),
    "from t select a where b": Project(Filter(T, B), (A,)),
    "table t": T,
    "values (1, 2), (3, 1)": InlineTable(((ONE, TWO), (THREE, ONE))),
    "values 1, 2": InlineTable(((ONE,), (TWO,))),
    "select /* c */ a -- d\n from t": Project(T, (A,)),
    "select /*+ broadcast(a), coalesce(3) */ * from t": Hint(
        Hint(everything(T), "coalesce", (THREE,)), "broadcast", (A,)
    ),
    "select t.*, * except (a, b.c) from t": Project(
        T, (UnresolvedStar(("t",)), UnresolvedStar(except_columns=(("a",), ("b", "c"))))
    ),
    # GROUP BY
    "select a, count(*) from t group by a": aggregate(A),
    "select a, count(*) from t group by 1": aggregate(ONE),
    "select a, count(*) from t group by all": aggregate(UnresolvedAttribute(("all",))),
    "select a, count(*) from t group by rollup(a, b)": aggregate(A, B, kind=GroupingKind.ROLLUP),
    "select a, count(*) from t group by a, b with cube": aggregate(A, B, kind=GroupingKind.CUBE),
    "select a, count(*) from t group by grouping sets ((a, b), a, ())": aggregate(
        A, B, kind=GroupingKind.GROUPING_SETS, sets=((A, B), (A,), ())
    ),
    "select a, count(*) from t group by a, b grouping sets ((a), b)": aggregate(
        A, B, kind=GroupingKind.GROUPING_SETS, sets=((A,), (B,))
    ),
    "select a, count(*) from t group by rollup(a, (b, c))": aggregate(
        A, B, C, kind=GroupingKind.GROUPING_SETS, sets=((A, B, C), (A,), ())
    ),
    "select a, count(*) from t group by a, cube(b, c)": aggregate(
        A, B, C, kind=GroupingKind.GROUPING_SETS, sets=((A, B, C), (A, B), (A, C), (A,))
    ),
    "select count(*) from t having a": Aggregate(T, (), (COUNT,), is_select_list=True, having=A),
    "select count(*) from t where b group by a having c": Aggregate(
        Filter(T, B), (A,), (COUNT,), is_select_list=True, having=C
    ),
    # order, limit
    "select a from t order by a, b desc, c asc nulls last": Sort(
        Project(T, (A,)), (SortOrder(A), SortOrder(B, False, False), SortOrder(C, True, False))
    ),
    "select a from t order by all desc": Sort(
        Project(T, (A,)), (SortOrder(UnresolvedAttribute(("all",)), False, False),)
    ),
    "select a from t sort by a": Sort(Project(T, (A,)), (SortOrder(A),), is_global=False),
    "select a from t distribute by b sort by a": Sort(
        Repartition(Project(T, (A,)), (B,)), (SortOrder(A),), is_global=False
    ),
    "select a from t cluster by b": Sort(Repartition(Project(T, (A,)), (B,)), (SortOrder(B),), is_global=False),
    "select a from t limit 2 offset 1": Limit(Offset(Project(T, (A,)), ONE), TWO),
    "select a from t limit all": Project(T, (A,)),
    # FROM
    "select * from a.b.c": everything(NamedTable(("a", "b", "c"))),
    "select * from json.`/tmp/x`": everything(NamedTable(("json", "/tmp/x"))),
    "select * from t x": everything(SubqueryAlias(T, "x")),
    "select * from t as x (a, b)": everything(SubqueryAlias(T, "x", ("a", "b"))),
    "select * from (select 1)": everything(SELECT_1),
    "select * from (select 1) x": everything(SubqueryAlias(SELECT_1, "x")),
    "select * from values (1, 2) as v(a, b)": everything(SubqueryAlias(InlineTable(((ONE, TWO),)), "v", ("a", "b"))),
    "select * from range(1, 3) r": everything(SubqueryAlias(TableFunction("range", (ONE, THREE)), "r")),
    "select * from stream t": everything(NamedTable(("t",), is_streaming=True)),
    "select * from t tablesample (10 percent) repeatable (42)": everything(Sample(T, 0.0, 0.1, False, 42)),
    "select * from t tablesample (3 rows) x": everything(Limit(SubqueryAlias(T, "x"), THREE)),
    "select * from t tablesample (bucket 1 out of 4)": everything(Sample(T, 0.0, 0.25, False, None)),
    # joins
    "select * from t, u": everything(Join(T, U, JoinKind.INNER)),
    "select * from t join u on t.a = u.a": everything(Join(T, U, JoinKind.INNER, ON)),
    "select * from t inner join u using (a, b)": everything(Join(T, U, JoinKind.INNER, using=("a", "b"))),
    "select * from t left outer join u on t.a = u.a": everything(Join(T, U, JoinKind.LEFT_OUTER, ON)),
    "select * from t right join u on t.a = u.a": everything(Join(T, U, JoinKind.RIGHT_OUTER, ON)),
    "select * from t full join u on t.a = u.a": everything(Join(T, U, JoinKind.FULL_OUTER, ON)),
    "select * from t left semi join u on t.a = u.a": everything(Join(T, U, JoinKind.LEFT_SEMI, ON)),
    "select * from t anti join u using (a)": everything(Join(T, U, JoinKind.LEFT_ANTI, using=("a",))),
    "select * from t cross join u": everything(Join(T, U, JoinKind.CROSS)),
    "select * from t natural left join u": everything(Join(T, U, JoinKind.LEFT_OUTER, is_natural=True)),
    "select * from t, u join x": everything(Join(Join(T, U, JoinKind.INNER), NamedTable(("x",)), JoinKind.INNER)),
    "select * from (t join u) x": everything(SubqueryAlias(Join(T, U, JoinKind.INNER), "x")),
    "select * from t, lateral (select a) x": everything(
        Join(T, SubqueryAlias(Project(OneRow(), (A,)), "x"), JoinKind.INNER, is_lateral=True)
    ),
    "select * from t lateral view explode(a) x as y": everything(explode(T, A, "x", "y")),
    "select * from t lateral view outer explode(a) x lateral view explode(b) y c": everything(
        explode(explode(T, A, "x", outer=True), B, "y", "c")
    ),
    # PIVOT and UNPIVOT
    "select * from t pivot (sum(x) as s for a in (1 as one, 2)) p": everything(
        SubqueryAlias(
            PivotTable(T, (Alias(UnresolvedFunction("sum", (X,)), ("s",)),), A, (Alias(ONE, ("one",)), TWO)),
            "p",
        )
    ),
    "select * from t unpivot include nulls ((v, w) for n in ((a, b) as p, (c, x)))": everything(
        UnpivotTable(T, ((A, B), (C, X)), ("p", None), "n", ("v", "w"))
    ),
    "select * from t unpivot (v for n in (a, b))": everything(
        Filter(
            UnpivotTable(T, ((A,), (B,)), (None, None), "n", ("v",)),
            UnresolvedFunction("isnotnull", (UnresolvedFunction("coalesce", (UnresolvedAttribute(("v",)),)),)),
        )
    ),
    # set operations and WITH
    "select 1 union select 2": union(SELECT_1, SELECT_2),
    "select 1 union all select 2": union(SELECT_1, SELECT_2, is_all=True),
    "select 1 minus select 2": union(SELECT_1, SELECT_2, SetOperator.EXCEPT),
    "select 1 union select 2 intersect select 3": union(SELECT_1, union(SELECT_2, SELECT_3, SetOperator.INTERSECT)),
    "select 1 union select 2 union all select 3": union(union(SELECT_1, SELECT_2), SELECT_3, is_all=True),
    "select 1 union select 2 order by 1 limit 3": Limit(Sort(union(SELECT_1, SELECT_2), (SortOrder(ONE),)), THREE),
    "(select 1 limit 3) union ((select 2))": union(Limit(SELECT_1, THREE), SELECT_2),
    "with x as (select 1), y (b) as (select 2) select * from x": WithCtes(
        (SubqueryAlias(SELECT_1, "x"), SubqueryAlias(SELECT_2, "y", ("b",))), everything(NamedTable(("x",)))
    ),
    # queries inside expressions
    "select (select 1)": Project(OneRow(), (Subquery(SELECT_1, SubqueryKind.SCALAR),)),
    "select ((select 1)) + 1": Project(
        OneRow(), (UnresolvedFunction("+", (Subquery(SELECT_1, SubqueryKind.SCALAR), ONE)),)
    ),
    "select * from t where (a, b) in (select 1)": everything(Filter(T, Subquery(SELECT_1, SubqueryKind.IN, (A, B)))),
    "select * from t where not exists (select 1)": everything(
        Filter(T, UnresolvedFunction("not", (Subquery(SELECT_1, SubqueryKind.EXISTS),)))
    ),
    # windows
    "select count(*) over w from t window w as (partition by a order by b desc)": Project(
        T, (Window(COUNT, (A,), (SortOrder(B, False, False),)),)
    ),
    "select count(*) over (order by b range between interval 1 day preceding and unbounded following) from t": Project(
        T,
        (
            Window(
                COUNT,
                (),
                (SortOrder(B),),
                Frame(FrameUnit.RANGE, parse_expression("interval -1 day"), FrameEdge.UNBOUNDED),
            ),
        ),
    ),
    # words that are no reserved words
    "select date, timestamp, year, interval, values, table, user, end from t": Project(
        T,
        tuple(
            UnresolvedAttribute((name,))
            for name in ("date", "timestamp", "year", "interval", "values", "table", "user", "end")
        ),
    ),
    "select t.order, t.`select` from t order": Project(
        SubqueryAlias(T, "order"), (UnresolvedAttribute(("t", "order")), UnresolvedAttribute(("t", "select")))
    ),
}


@pytest.mark.parametrize("text", QUERIES)
def test_query(text: str) -> None:
    assert parse_statement(text) == QUERIES[text]


@pytest.mark.parametrize("text", [text for text in QUERIES if "`" not in text and "--" not in text])
def test_case_and_blanks_of_keywords_do_not_matter(text: str) -> None:
    spaced = "\n\t" + text.replace(" ", "  \n") + " ; "
    assert parse_statement(spaced) == QUERIES[text]


def test_sort_order_alone() -> None:
    assert parse_sort_order("a DESC NULLS FIRST, b") == (SortOrder(A, False, True), SortOrder(B))


def test_long_chains() -> None:
    parse_expression(" + ".join(["a"] * 3000))
    parse_expression(" and ".join(["a > 1"] * 3000))
    parse_statement(" union all ".join(["select 1"] * 1000))
