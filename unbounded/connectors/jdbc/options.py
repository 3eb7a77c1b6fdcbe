"""Options of `format("jdbc")`: read from text, checked as Spark checks them, unknown ones refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from unbounded.connectors.jdbc.database import Access, Isolation
from unbounded.connectors.jdbc.databases.opening import connection_properties
from unbounded.connectors.jdbc.partitions import Partitioning
from unbounded.connectors.jdbc.urls import DatabaseKind, JdbcUrl, check_driver, parse_url
from unbounded.connectors.option_values import INT_MAX, illegal_argument, whole_number
from unbounded.errors import ErrorKind, SparkError, not_supported, requirement_failed

_READ_AND_WRITE = ("url", "dbtable", "query", "driver", "user", "password", "querytimeout", "isolationlevel", "hint")
_CONNECTING = ("keytab", "principal", "refreshkrb5config", "connectionprovider")
_READ = (
    *(
        "partitioncolumn",
        "lowerbound",
        "upperbound",
        "numpartitions",
        "fetchsize",
        "customschema",
        "prefertimestampntz",
    ),
    *("preparequery", "sessioninitstatement", "pushdownpredicate", "pushdownaggregate", "pushdownlimit"),
    *("pushdownoffset", "pushdowntablesample", "pushdownjoin"),
)
_WRITE = (
    *("batchsize", "truncate", "cascadetruncate", "createtableoptions", "createtablecolumntypes", "tablecomment"),
    *("upsertkeys", "txnappid", "txnversion"),
)
KNOWN_OPTIONS = frozenset({*_READ_AND_WRITE, *_CONNECTING, *_READ, *_WRITE})
_SINK_ONLY = frozenset({"checkpointlocation", "queryname"})
_BOOLEANS = (
    "pushDownPredicate",
    "pushDownAggregate",
    "pushDownLimit",
    "pushDownOffset",
    "pushDownTableSample",
    "pushDownJoin",
    "preferTimestampNTZ",
    "truncate",
    "cascadeTruncate",
    "refreshKrb5Config",
)
_KERBEROS = "Enter with a user and a password, or let libpq find the ticket: leave keytab and principal out."
_REFUSED = {
    "keytab": _KERBEROS,
    "principal": _KERBEROS,
    "connectionprovider": "Connection providers are Java classes. Leave the option out.",
}
_ALL_OR_NONE = (
    "When reading JDBC data sources, users need to specify all or none for the following options: "
    "'partitionColumn', 'lowerBound', 'upperBound', and 'numPartitions'"
)
_NO_QUERY_IN_PARTS = """
Options 'query' and 'partitionColumn' can not be specified together.
Please define the query using `dbtable` option instead and make sure to qualify
the partition columns using the supplied subquery alias to resolve any ambiguity.
Example :
spark.read.format("jdbc")
  .option("url", jdbcUrl)
  .option("dbtable", "(select c1, c2 from t1) as subq")
  .option("partitionColumn", "c1")
  .option("lowerBound", "1")
  .option("upperBound", "100")
  .option("numPartitions", "3")
  .load()"""
DEFAULT_INSERT_SIZE = 1000
_QUERY_ALIAS = "SPARK_GEN_SUBQ_0"
_PATH = "A table of a database has no path: name it with the option dbtable."


@dataclass(frozen=True, slots=True)
class JdbcOptions:
    """What reads and writes share. `relation` is what stands in FROM; `table` and `query` are as given."""

    access: Access
    table: str | None
    query: str | None
    values: Mapping[str, str]
    partitioning: Partitioning | None

    @property
    def relation(self) -> str:
        if self.table is not None:
            return self.table.strip()
        return f"({(self.query or '').strip().rstrip(';')}) {_QUERY_ALIAS}"

    def text(self, name: str) -> str | None:
        return self.values.get(name.lower())

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name.lower())
        return default if value is None else _boolean(value)


def read_options(options: Mapping[str, str], local_zone: str, *, for_sink: bool = False) -> JdbcOptions:
    """`options` with keys in lower case. Raises: SparkError as Spark does, and for what is not supported"""
    if "url" not in options:
        raise requirement_failed("Option 'url' is required.")
    url = parse_url(options["url"])
    table, query = options.get("dbtable"), options.get("query")
    if table is None and query is None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2079", _NAMES)
    if table is not None and query is not None:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2078", _NAMES)
    if (driver := options.get("driver")) is not None:
        check_driver(driver, url.kind)
    partitioning = _partitioning(options)
    _check_values(options, url.kind)
    _refuse_unknown(options, url.kind, for_sink=for_sink)
    return JdbcOptions(_access(url, options, local_zone), table, query, options, partitioning)


_NAMES = {"jdbcTableName": "dbtable", "jdbcQueryString": "query"}


def _partitioning(options: Mapping[str, str]) -> Partitioning | None:
    count = _number(options, "numPartitions")
    given = [options.get(name) for name in ("partitioncolumn", "lowerbound", "upperbound")]
    if given == [None, None, None]:
        return None
    column, lower, upper = given
    if column is None or lower is None or upper is None or count is None:
        raise requirement_failed(_ALL_OR_NONE)
    if "query" in options:
        raise requirement_failed(_NO_QUERY_IN_PARTS)
    return Partitioning(column, lower, upper, count)


def _number(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name.lower())
    return None if text is None else whole_number(text, INT_MAX)


def _check_values(options: Mapping[str, str], kind: DatabaseKind) -> None:
    batch_size = _number(options, "batchsize")
    if batch_size is not None and batch_size < 1:
        message = f"Invalid value `{batch_size}` for parameter `batchsize`. The minimum value is 1."
        raise requirement_failed(message)
    for name in _BOOLEANS:
        if name.lower() in options:
            _boolean(options[name.lower()])
    for name, hint in _REFUSED.items():
        if name in options:
            raise not_supported(f"The option {name} of jdbc", hint)
    if "hint" in options:
        _check_hint(kind)


def _check_hint(kind: DatabaseKind) -> None:
    if kind in (DatabaseKind.MYSQL, DatabaseKind.MARIADB):
        raise not_supported("The option hint of jdbc", "Write the hint into the query.")
    dialect = {DatabaseKind.POSTGRESQL: "PostgresDialect"}.get(kind, "NoopDialect")
    parameters = {"jdbcDialect": dialect}
    raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "HINT_UNSUPPORTED_FOR_JDBC_DIALECT", parameters)


def _refuse_unknown(options: Mapping[str, str], kind: DatabaseKind, *, for_sink: bool) -> None:
    allowed = KNOWN_OPTIONS | connection_properties(kind) | (_SINK_ONLY if for_sink else frozenset())
    if "path" in options:
        raise not_supported("A path with the format jdbc", _PATH)
    for name in options:
        if name not in allowed:
            hint = "Properties of the connection are written into the URL: ?name=value."
            parameters = {"option": name, "what": f"the format jdbc with jdbc:{kind.value}:", "hint": hint}
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNBOUNDED_UNKNOWN_OPTION", parameters)


def _access(url: JdbcUrl, options: Mapping[str, str], local_zone: str) -> Access:
    in_url = {name.lower(): value for name, value in url.properties}
    own = connection_properties(url.kind)
    given = tuple((name, value) for name, value in options.items() if name in own and name not in KNOWN_OPTIONS)
    timeout_s = _number(options, "queryTimeout") or 0
    if timeout_s < 0:
        raise illegal_argument("Query timeout must be a value greater than or equals to 0.")
    return Access(
        url,
        options.get("user", in_url.get("user")),
        options.get("password", in_url.get("password")),
        (*_without(url.properties, ("user", "password")), *given),
        local_zone,
        timeout_s,
        max(_number(options, "fetchsize") or 0, 0),
        _number(options, "batchsize") or DEFAULT_INSERT_SIZE,
        _isolation(options.get("isolationlevel")),
    )


def _without(properties: Iterable[tuple[str, str]], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in properties if name.lower() not in names)


def _isolation(value: str | None) -> Isolation:
    if value is None:
        return Isolation.READ_UNCOMMITTED
    if value == "NONE":
        hint = "A write is one transaction here: use READ_COMMITTED, or leave the option out."
        raise not_supported("The isolation level NONE", hint)
    try:
        return Isolation[value]
    except KeyError:
        parameters = {"value": value, "jdbcTxnIsolationLevel": "isolationLevel"}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_2081", parameters) from None


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise illegal_argument(f'For input string: "{value}"')
    return value.lower() == "true"
