"""Builds what one query or command of a session works with. The wiring is here so that `Session` stays a table of
contents."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from unbounded.analysis.analyzer import analyze
from unbounded.analysis.context import Ids, answer_file_questions
from unbounded.cancellation import Cancellation
from unbounded.connectors.files.paths import local_path
from unbounded.execution.database import Database
from unbounded.execution.queries import Run, run_to_table
from unbounded.functions.environment import Environment
from unbounded.lowering.lowered import LoweredQuery
from unbounded.optimizer.fresh_ids import FreshIds
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.catalog_calls import call_catalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.config import SessionConfig
from unbounded.session.file_sources import FileSources
from unbounded.session.pipeline import Pipeline
from unbounded.session.query_catalog import QueryCatalog
from unbounded.session.tables import Tables
from unbounded.session.warehouse import Warehouse
from unbounded.storage.local import LocalFileSystem


def open_context(
    config: SessionConfig,
    names: SessionCatalog,
    environment: Environment,
    database: Database,
    cancellation: Cancellation,
) -> CommandContext:
    """The pipeline of a query with its catalog; `context.pipeline` is all a query needs."""

    def run(query: LoweredQuery) -> pa.Table:
        return run_to_table(query, Run(database, environment.time_zone, cancellation))

    files = FileSources(config, environment, run)
    warehouse = Warehouse(local_path(config.warehouse_directory), LocalFileSystem())
    tables = Tables(warehouse, files, environment.database)
    return _context(config, names, environment, database, cancellation, files, tables)


def _context(
    config: SessionConfig,
    names: SessionCatalog,
    environment: Environment,
    database: Database,
    cancellation: Cancellation,
    files: FileSources,
    tables: Tables,
) -> CommandContext:
    def collect(plan: LogicalPlan) -> pa.Table:
        return pipeline.collect(plan, cancellation)

    def analyze_view(query: u.Relation, view_database: str, ids: Ids) -> LogicalPlan:
        """The names in a view are looked up in the database it was made in."""
        inside = replace(environment, database=view_database)
        nested = _context(config, names, inside, database, cancellation, files, tables.in_database(view_database))
        return analyze(query, inside, nested.pipeline.catalog, ids)

    catalog = QueryCatalog(
        names,
        files,
        tables,
        collect,
        analyze_view,
        lambda operation, arguments: call_catalog(operation, arguments, context),
        lambda plan: pipeline.lower(answer_file_questions(plan, FreshIds(plan).take)),
    )
    pipeline = Pipeline(environment, catalog, database)
    context = CommandContext(config, names, tables, files, pipeline, database, cancellation)
    return context
