"""Names and files as one query sees them (`analysis.context.Catalog`): session, warehouse, readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.connectors.file_stream import FileStreamProvider
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import find_file_format, is_file_format
from unbounded.errors import SparkError, analysis_error, not_supported
from unbounded.lowering.lowered import LoweredQuery
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import SortOrder
from unbounded.plan.logical import Deduplicate, Limit, LogicalPlan, Scan, Sort, StreamScan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.file_sources import FileSources
from unbounded.session.tables import Tables

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
            return view
        table = self._tables.find(parts)
        if table is not None:
            if is_streaming:
                raise not_supported("A table as a streaming source", "Read its folder with readStream.")
            if table.view_text is not None:
                return self._analyze(self._tables.view_query(table), table.view_database, ids)
            return _scanned(self._tables.scan(table, options), ids)
        if len(parts) == 2 and is_file_format(parts[0]):
            return self.load(u.DataSource(parts[0], None, options, (parts[1],), is_streaming), ids)
        return None

    def find_function(self, name: str) -> u.PythonFunction | None:
        return self._names.find_function(name)

    def find_remote_relation(self, relation_id: str) -> LogicalPlan | None:
        return self._names.find_remote_relation(relation_id)

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        return self._names.persisted.stored(relation, plan, self._lower)

    def load(self, source: u.DataSource, ids: Ids) -> LogicalPlan:
        """Raises: SparkError for unknown formats, missing paths, wrong options and schemas that cannot be told"""
        file_format = find_file_format(source.format or self._names.config.get("spark.sql.sources.default"))
        paths = _paths(source, file_format.shown)
        if source.is_streaming:
            return self._load_stream(source, paths, ids)
        return _scanned(self._files.read(file_format, paths, source.schema, source.options), ids)

    def _load_stream(self, source: u.DataSource, paths: tuple[str, ...], ids: Ids) -> LogicalPlan:
        """The provider reads exactly the files of each batch, with the schema and options of the stream."""
        file_format = find_file_format(source.format or self._names.config.get("spark.sql.sources.default"))
        if len(paths) != 1:
            raise not_supported("Several paths of a streaming source", "Use a glob.")
        if source.schema is None and not self._infers_stream_schema(file_format.value):
            raise _schema_must_be_specified()
        scan = self._files.read_stream(file_format, paths[0], source.schema, source.options)
        options = u.lower_case_options(source.options)
        provider = FileStreamProvider(paths[0], scan.schema, options, scan.with_paths)
        return StreamScan(provider, ids.attributes(scan.schema))

    def _infers_stream_schema(self, name: str) -> bool:
        return name == "text" or self._names.config.boolean("spark.sql.streaming.schemaInference")

    def distinct_values(self, plan: LogicalPlan, limit: int) -> list[object]:
        column = plan.output[0]
        distinct = Limit(Sort(Deduplicate(plan, plan.output), (SortOrder(column),)), limit)
        return list(self._collect(distinct).column(0).to_pylist())

    def run_command(self, operation: str, arguments: Mapping[str, object]) -> u.LocalRelation:
        return self._call(operation, arguments)


def _scanned(scan: FileScan, ids: Ids) -> LogicalPlan:
    return Scan(scan, ids.attributes(scan.schema))


def _paths(source: u.DataSource, format_name: str) -> tuple[str, ...]:
    """The paths given to load(), else the option `path`."""
    if source.paths:
        return source.paths
    path = u.option(source.options, "path")
    if path is None:
        raise analysis_error("UNABLE_TO_INFER_SCHEMA", format=format_name)
    return (path,)


def _schema_must_be_specified() -> SparkError:
    message = (
        "Schema must be specified when creating a streaming source DataFrame. If some files already exist in the "
        "directory, then depending on the file format you may be able to create a static DataFrame on that directory "
        "with 'spark.read.load(directory)' and infer schema from it."
    )
    return analysis_error("_LEGACY_ERROR_TEMP_3102", msg=message)
