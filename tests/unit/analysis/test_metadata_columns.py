"""Metadata columns are let through only to where they are used, and no relation's output changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from unbounded.analysis.metadata_columns import let_metadata_through
from unbounded.plan.expressions import Alias, Attribute, Call, Literal
from unbounded.plan.logical import (
    Aggregate,
    Computed,
    Filter,
    Join,
    Limit,
    LogicalPlan,
    Project,
    Scan,
    SetOperation,
    Stored,
    StreamScan,
    SubqueryAlias,
)
from unbounded.plan.metadata_columns import metadata_columns
from unbounded.plan.tree import collect
from unbounded.plan.unresolved import JoinKind, SetOperator
from unbounded.types.datatypes import BOOLEAN, INTEGER, STRING
from unbounded.types.metadata import METADATA_COLUMN_KEY


@dataclass(frozen=True)
class Source:
    """Of it only matters whether it was asked for the column."""

    has_metadata: bool = False

    def with_metadata(self) -> Source:
        return replace(self, has_metadata=True)


A, B = Attribute(1, "a", INTEGER), Attribute(2, "b", INTEGER)
MARK = ((METADATA_COLUMN_KEY, "_metadata"),)
FILE, OTHER_FILE = (Attribute(i, "_metadata", STRING, False, metadata=MARK) for i in (11, 12))
KEY = Attribute(3, "key", INTEGER, qualifier=("right",))
SCAN, OTHER = Scan(Source(), (A,), FILE), Scan(Source(), (B,), OTHER_FILE)


def equal(column: Attribute, value: object) -> Call:
    return Call("==", (column, Literal(value, column.data_type)), BOOLEAN)


def scans(plan: LogicalPlan) -> list[tuple[bool, tuple[Attribute, ...]]]:
    return [(scan.source.has_metadata, scan.output) for scan in collect(plan, Scan)]


def test_a_plan_that_names_none_stays_the_same_object() -> None:
    plan = Limit(Filter(SubqueryAlias(SCAN, ("t",)), equal(A, 1)), 3)
    assert let_metadata_through(plan) is plan


def test_a_filter_uses_it_and_gives_what_it_gave() -> None:
    plan = Filter(SCAN, equal(FILE, "x"))
    through = let_metadata_through(plan)
    assert isinstance(through, Project)
    assert through.output == plan.output
    assert scans(through) == [(True, (A, FILE))]
    assert let_metadata_through(through) == through


def test_projections_between_pass_it_on() -> None:
    inner = Project(SCAN, (Alias(A, 3, "c"),))
    through = let_metadata_through(Project(Limit(inner, 5), (Alias(FILE, 4, "file"),)))
    assert [a.id for a in through.output] == [4]
    assert [a.id for a in collect(through, Limit)[0].output] == [3, FILE.id]


def test_sides_of_a_union_are_taken_by_position() -> None:
    left = Filter(SCAN, equal(FILE, "x"))
    union = SetOperation(left, OTHER, SetOperator.UNION, True, (Attribute(5, "u", INTEGER),))
    through = let_metadata_through(Filter(union, equal(A, 1)))
    (made,) = collect(through, SetOperation)
    assert (made.left.output, made.right.output) == ((A,), (B,))
    assert scans(through) == [(True, (A, FILE)), (False, (B,))]


def test_an_outer_join_makes_it_nullable() -> None:
    join = Join(SCAN, OTHER, JoinKind.LEFT_OUTER, equal(FILE, "x"))
    assert [(a.id, a.nullable) for a in metadata_columns(join)] == [(FILE.id, False), (OTHER_FILE.id, True)]
    through = let_metadata_through(Project(join, (Alias(OTHER_FILE, 6, "other"),)))
    (made,) = collect(through, Join)
    assert [a.id for a in made.output] == [A.id, FILE.id, B.id, OTHER_FILE.id]


def test_an_aggregate_groups_by_it_and_hides_it() -> None:
    aggregate = Aggregate(SCAN, (Alias(FILE, 7, "file"),), (Attribute(7, "file", STRING),))
    assert metadata_columns(aggregate) == ()
    through = let_metadata_through(aggregate)
    assert isinstance(through, Aggregate)
    assert through.output == aggregate.output
    assert scans(through) == [(True, (A, FILE))]


def test_a_view_hides_it_and_an_alias_qualifies_it() -> None:
    assert metadata_columns(SubqueryAlias(SCAN, ("v",), is_view=True)) == ()
    assert [a.qualifier for a in metadata_columns(SubqueryAlias(SCAN, ("t",)))] == [("t",)]


def test_keys_of_a_join_come_through_until_something_is_named() -> None:
    joined = Project(Scan(Source(), (A, KEY)), (A,), (KEY,))
    assert metadata_columns(Filter(joined, equal(A, 1))) == (KEY,)
    assert metadata_columns(SubqueryAlias(joined, ("t",))) == ()
    through = let_metadata_through(Project(Filter(joined, equal(KEY, 1)), (A,)))
    assert isinstance(through, Project)
    assert collect(through, Filter)[0].output == (A, KEY)
    assert through.output == (A,)


def test_stored_rows_are_computed_again_only_for_it() -> None:
    stored = Stored("rows", (A,), Computed(SCAN))
    assert metadata_columns(stored) == (FILE,)
    assert let_metadata_through(Filter(stored, equal(A, 1))) == Filter(stored, equal(A, 1))
    assert scans(let_metadata_through(Filter(stored, equal(FILE, "x")))) == [(True, (A, FILE))]


def test_a_stream_read_twice_stays_one_source() -> None:
    source = Source()
    asked, plain = StreamScan(source, (A,), FILE), StreamScan(source, (B,), OTHER_FILE)
    union = SetOperation(Filter(asked, equal(FILE, "x")), plain, SetOperator.UNION, True, (Attribute(5, "u", INTEGER),))
    through = let_metadata_through(union)
    first, second = collect(through, StreamScan)
    assert first.source is second.source
    assert (first.output, second.output) == ((A, FILE), (B, OTHER_FILE))
    assert isinstance(through, SetOperation)
    assert (through.left.output, through.right.output) == ((A,), (B,))
