"""Names and files as one query sees them (`analysis.context.Catalog`): session, warehouse, readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.connectors.formats import DELTA, KAFKA, STATE_FORMATS, is_file_format
from unbounded.connectors.streams import StreamProvider
from unbounded.errors import analysis_error
from unbounded.lowering.lowered import LoweredQuery
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import SortOrder
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.logical import Deduplicate, Limit, LogicalPlan, Sort, StreamScan, SubqueryAlias
from unbounded.plan.tree import contains
from unbounded.session.catalog import SessionCatalog
from unbounded.session.file_sources import FileSources
from unbounded.session.file_streams import table_provider
from unbounded.session.formats.api import ReadContext
from unbounded.session.formats.registry import read_batch, read_stream
from unbounded.session.tables import Tables
from unbounded.session.warehouse import Table

CatalogCalls = Callable[[str, Mapping[str, object]], u.LocalRelation]


class QueryCatalog:
    """Made for one query. `collect` computes a plan, `analyze` types the query of a view in the view's
    database, `call` answers spark.catalog, `lower` makes the query whose rows a persisted relation keeps."""

    def __init__(
        self,
        names: SessionCatalog,
        files: FileSources,
        tables: Tables,
        collect: Callable[[LogicalPlan], pa.Table],
        analyze: Callable[[u.Relation, str, Ids], LogicalPlan],
        call: CatalogCalls,
        lower: Callable[[LogicalPlan], LoweredQuery],
    ) -> None:
        self._names = names
        self._files = files
        self._tables = tables
        self._collect = collect
        self._analyze = analyze
        self._call = call
        self._lower = lower

    def find_relation(
        self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids
    ) -> LogicalPlan | None:
        """A temporary view, then a table or view of the warehouse, then files (``csv.`path` ``)."""
        view = self._names.find_view(parts, ids)
        if view is not None:
            _refuse_time_travel(parts, options)
            if is_streaming and not contains(view, _is_stream):
                raise analysis_error("_LEGACY_ERROR_TEMP_1008", quoted=".".join(parts))
            return SubqueryAlias(view, parts[-1:], is_view=True)
        table = self._tables.find(parts)
        if table is not None:
            if table.format == DELTA:
                return self.load(u.DataSource(DELTA, None, options, (table.location,), is_streaming), ids)
            _refuse_time_travel(table.parts, options)
            if is_streaming:
                return self._context(ids).stream(self._stream_table(table, options))
            if table.view_text is not None:
                view = self._analyze(self._tables.view_query(table), table.view_database, ids)
                return SubqueryAlias(view, parts[-1:], is_view=True)
            return self._context(ids).scan(self._tables.scan(table, options))
        if len(parts) == 2 and parts[0].lower() in (*STATE_FORMATS, KAFKA):
            raise analysis_error("UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY", dataSourceType=parts[0])
        if len(parts) == 2 and (is_file_format(parts[0]) or parts[0].lower() == DELTA):
            return self.load(u.DataSource(parts[0], None, options, (parts[1],), is_streaming), ids)
        return None

    def _stream_table(self, table: Table, options: u.Options) -> StreamProvider:
        if table.view_text is not None:
            raise analysis_error("_LEGACY_ERROR_TEMP_1018", quoted=f"{table.database}.{table.name}")
        return table_provider(table, self._tables, options, self._files, self._names.config)

    def find_function(self, name: str) -> u.PythonFunction | None:
        return self._names.find_function(name)

    def find_remote_relation(self, relation_id: str) -> LogicalPlan | None:
        return self._names.find_remote_relation(relation_id)

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        return self._names.persisted.stored(relation, plan, self._lower)

    def load(self, source: u.DataSource, ids: Ids) -> LogicalPlan:
        """Raises: SparkError for unknown formats, missing paths, wrong options and schemas that cannot be told"""
        context = self._context(ids)
        return read_stream(source, context) if source.is_streaming else read_batch(source, context)

    def _context(self, ids: Ids) -> ReadContext:
        return ReadContext(self._names.config, self._files, ids)

    def distinct_values(self, plan: LogicalPlan, limit: int) -> list[object]:
        column = plan.output[0]
        distinct = Limit(Sort(Deduplicate(plan, plan.output), (SortOrder(column),)), limit)
        return list(self._collect(distinct).column(0).to_pylist())

    def run_command(self, operation: str, arguments: Mapping[str, object]) -> u.LocalRelation:
        return self._call(operation, arguments)


def _refuse_time_travel(parts: tuple[str, ...], options: u.Options) -> None:
    """Raises: SparkError UNSUPPORTED_FEATURE.TIME_TRAVEL: only Delta tables keep versions"""
    if any(u.option(options, name) is not None for name in ("versionAsOf", "timestampAsOf")):
        raise analysis_error("UNSUPPORTED_FEATURE.TIME_TRAVEL", relationId=quote_parts(parts))


def _is_stream(node: object) -> bool:
    return isinstance(node, StreamScan)
