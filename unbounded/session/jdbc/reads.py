"""`spark.read.format("jdbc")`: options become a scan of the database, with the types the program asks for."""

from __future__ import annotations

from dataclasses import replace

from unbounded.analysis.context import Ids
from unbounded.connectors.jdbc.options import read_options
from unbounded.connectors.jdbc.partitions import Zones
from unbounded.connectors.jdbc.reading import custom_types, open_scan
from unbounded.errors import SparkError, analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Alias, Cast, NamedExpression
from unbounded.plan.logical import LogicalPlan, Project, Scan
from unbounded.session.config import SessionConfig
from unbounded.session.setting_values import parse_time_zone
from unbounded.session.settings_table import local_time_zone
from unbounded.types.datatypes import StructType
from unbounded.types.ddl import to_ddl


def jdbc_relation(source: u.DataSource, config: SessionConfig, ids: Ids) -> LogicalPlan:
    """Raises: SparkError for wrong options, databases that cannot be reached, tables that are not there"""
    options = dict(u.lower_case_options(source.options))
    if source.paths:
        options["path"] = source.paths[0]
    zone = local_time_zone()
    parsed = read_options(options, zone)
    scan = open_scan(parsed, source.predicates, Zones(config.zone, parse_time_zone(zone)))
    read = Scan(scan, ids.attributes(scan.schema))
    types = custom_types(parsed, scan.columns)
    items: list[NamedExpression] = [
        Alias(Cast(attribute, types[attribute.name]), ids.take(), attribute.name)
        if types.get(attribute.name, attribute.data_type) != attribute.data_type
        else attribute
        for attribute in read.output
    ]
    plan = read if tuple(items) == read.output else Project(read, tuple(items))
    if source.schema is not None and _plain(source.schema) != _plain(plan.schema):
        raise _mismatch(source.schema, plan.schema)
    return plan


def _plain(schema: StructType) -> StructType:
    return StructType(tuple(replace(field, nullable=True, metadata=()) for field in schema.fields))


def _mismatch(given: StructType, actual: StructType) -> SparkError:
    condition = "USER_SPECIFIED_AND_ACTUAL_SCHEMA_MISMATCH"
    return analysis_error(condition, schema=to_ddl(given), actualSchema=to_ddl(actual))
