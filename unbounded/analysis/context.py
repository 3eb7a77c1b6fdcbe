"""What one analysis carries: fresh column ids, where the client's DataFrames ended up, CTEs in sight, the catalog.

Never resolves anything itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from unbounded.analysis.input_files import find_input_files
from unbounded.analysis.metadata_columns import let_metadata_through
from unbounded.connectors.api import MetadataSource
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Attribute, Expression, LambdaVariable, Metadata
from unbounded.plan.logical import LogicalPlan
from unbounded.plan.metadata_columns import metadata_columns
from unbounded.types.datatypes import DataType, StructType


class Catalog(Protocol):
    """Names to relations and functions, as the session sees them."""

    def find_relation(
        self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids
    ) -> LogicalPlan | None:
        """The table or view called `parts`, with fresh column ids; None if there is none."""

    def find_function(self, name: str) -> u.PythonFunction | None:
        """The registered Python function called `name`."""

    def find_remote_relation(self, relation_id: str) -> LogicalPlan | None:
        """The relation the session holds under `relation_id`."""

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        """`plan`, which is `relation` analysed; if the program persisted it, its stored rows under the same columns."""

    def load(self, source: u.DataSource, ids: Ids) -> LogicalPlan:
        """The scan of a data source."""

    def distinct_values(self, plan: LogicalPlan, limit: int) -> list[object]:
        """The sorted distinct values of a one-column plan, at most `limit` (for pivot without values)."""

    def run_command(self, operation: str, arguments: Mapping[str, object]) -> u.LocalRelation:
        """Answers a catalog call (`list_tables`, …) with its rows."""


class Ids:
    """Fresh column ids, unique in one analysis (and so in one plan)."""

    def __init__(self, first: int = 1) -> None:
        self._next = first

    def take(self) -> int:
        taken, self._next = self._next, self._next + 1
        return taken

    def attribute(self, name: str, data_type: DataType, nullable: bool = True, metadata: Metadata = ()) -> Attribute:
        return Attribute(self.take(), name, data_type, nullable, metadata=metadata)

    def attributes(self, schema: StructType) -> tuple[Attribute, ...]:
        return tuple(self.attribute(f.name, f.data_type, f.nullable, f.metadata) for f in schema.fields)

    def metadata_of(self, source: object) -> Attribute | None:
        """The metadata column of a source that has one."""
        field = source.metadata_field if isinstance(source, MetadataSource) else None
        if field is None:
            return None
        return self.attribute(field.name, field.data_type, field.nullable, field.metadata)

    def alias(self, child: Expression, name: str, metadata: Metadata = ()) -> Alias:
        return Alias(child, self.take(), name, metadata)


@dataclass(frozen=True)
class Scope:
    """Names in sight of an expression: columns, then lambda variables over them, then metadata columns of the relations
    `plans`, then the query around."""

    attributes: tuple[Attribute, ...] = ()
    outer: Scope | None = None
    variables: tuple[LambdaVariable, ...] = ()
    plans: tuple[LogicalPlan, ...] = ()

    @property
    def metadata_columns(self) -> tuple[Attribute, ...]:
        return tuple(column for plan in self.plans for column in metadata_columns(plan))

    def with_variables(self, variables: tuple[LambdaVariable, ...]) -> Scope:
        return replace(self, variables=variables + self.variables)


@dataclass(slots=True)
class Asked:
    """What a query asks for that its relations do not have in their output: of which files rows are, keys of joins."""

    hidden_columns: bool = False


@dataclass(frozen=True)
class Analysis:
    """Passed down the analyser.

    `resolver` and `analyzer` are the two entries of the recursion (expressions and relations contain each other); they
    come in here so that the modules of a family need not import each other. `ctes` maps lower-case names to analysed
    queries; `outer` is the scope around a subquery; `outputs_by_plan_id` records, for every DataFrame the client
    numbered, the columns it has here, and `plans_by_id` the relation; `streams_by_plan_id` holds what is resolved of
    its reads of streams. `asked` is filled while names are resolved.
    """

    environment: Environment
    catalog: Catalog
    resolver: Callable[[u.Expression, Scope, Analysis], Expression]
    analyzer: Callable[[u.Relation, Analysis], LogicalPlan]
    ids: Ids = field(default_factory=Ids)
    ctes: Mapping[str, LogicalPlan] = field(default_factory=dict)
    outer: Scope | None = None
    outputs_by_plan_id: dict[int, list[tuple[Attribute, ...]]] = field(default_factory=dict)
    streams_by_plan_id: dict[int, LogicalPlan] = field(default_factory=dict)
    plans_by_id: dict[int, list[LogicalPlan]] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)

    def expression(self, expression: u.Expression, scope: Scope) -> Expression:
        return self.resolver(expression, scope, self)

    def relation(self, relation: u.Relation) -> LogicalPlan:
        return self.analyzer(relation, self)

    def subquery(self, relation: u.Relation, around: Scope) -> LogicalPlan:
        """`relation` analysed with the columns of `around` in sight."""
        return self.analyzer(relation, replace(self, outer=around))

    def scope(self, *plans: LogicalPlan) -> Scope:
        """The scope of expressions over the rows of `plans`."""
        return Scope(tuple(a for plan in plans for a in plan.output), self.outer, plans=plans)

    def record(self, plan_id: int, plan: LogicalPlan) -> None:
        self.outputs_by_plan_id.setdefault(plan_id, []).append(plan.output)
        self.plans_by_id.setdefault(plan_id, []).append(plan)

    def finished(self, plan: LogicalPlan) -> LogicalPlan:
        """`plan` with what was asked for let through to where it is used; only then it can be run."""
        return answer_file_questions(plan, self.ids.take) if self.asked.hidden_columns else plan

    def same_name(self, a: str, b: str) -> bool:
        return a == b if self.environment.is_case_sensitive else a.lower() == b.lower()


def answer_file_questions(plan: LogicalPlan, take_id: Callable[[], int]) -> LogicalPlan:
    """`plan` with metadata columns, and the functions that read them, connected with the scans of files."""
    return let_metadata_through(find_input_files(plan, take_id))
