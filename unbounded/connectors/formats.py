"""Names of data source formats: which connector a name means, and what is said about the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from unbounded.errors import ErrorKind, SparkError, analysis_error, not_supported


class FileFormat(Enum):
    """The value is the short name in options and errors; `shown` is what Spark calls it in errors."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    TEXT = "text"
    BINARY = "binaryFile"

    @property
    def shown(self) -> str:
        return _SHOWN[self]


_SHOWN = {
    FileFormat.CSV: "CSV",
    FileFormat.JSON: "JSON",
    FileFormat.PARQUET: "Parquet",
    FileFormat.TEXT: "Text",
    FileFormat.BINARY: "BinaryFile",
}

_PACKAGE = "org.apache.spark.sql.execution.datasources"

_FILE_FORMATS: Mapping[str, FileFormat] = {
    **{f.value.lower(): f for f in FileFormat},
    "com.databricks.spark.csv": FileFormat.CSV,
    f"{_PACKAGE}.csv": FileFormat.CSV,
    f"{_PACKAGE}.csv.csvfileformat": FileFormat.CSV,
    f"{_PACKAGE}.json": FileFormat.JSON,
    f"{_PACKAGE}.json.jsonfileformat": FileFormat.JSON,
    f"{_PACKAGE}.parquet": FileFormat.PARQUET,
    f"{_PACKAGE}.parquet.parquetfileformat": FileFormat.PARQUET,
    f"{_PACKAGE}.text": FileFormat.TEXT,
    f"{_PACKAGE}.text.textfileformat": FileFormat.TEXT,
    f"{_PACKAGE}.binaryfile.binaryfileformat": FileFormat.BINARY,
}

STATE_FORMATS = ("statestore", "state-metadata")
"""What a checkpoint keeps, for reading alone (`session.state_sources`)."""

_READ_ONLY = "It is a format of spark.read."
DELTA = "delta"
"""Tables of Delta Lake (`connectors.delta`)."""

KAFKA = "kafka"
"""Topics of Apache Kafka (`connectors.kafka`)."""

KINESIS = "kinesis"
KINESIS_HINT = "Send the records to Kafka and use the format kafka, or read them with boto3 and write files."
JDBC = "jdbc"
"""Tables of databases (`connectors.jdbc`)."""

_JDBC_NAMES = frozenset({JDBC, f"{_PACKAGE}.jdbc", f"{_PACKAGE}.jdbc.jdbcrelationprovider"})

_STREAM_ONLY = "It is a format of readStream and writeStream."
_NOT_IN_BATCHES = frozenset({"rate", "rate-micro-batch", "socket"})
_KNOWN: Mapping[str, str] = {
    "avro": "Convert the files to parquet.",
    "orc": "Convert the files to parquet.",
    "xml": "Convert the files to JSON.",
    DELTA: "Use load(path) and save(path).",
    "iceberg": "Write parquet.",
    "hudi": "Write parquet.",
    JDBC: "Use a temporary view: CREATE TEMPORARY VIEW … USING jdbc OPTIONS (…).",
    "hive": "Use parquet.",
    "libsvm": "Use csv.",
    "image": "Use binaryFile.",
    "noop": "Use count() to run a query without its rows.",
    KAFKA: "Use load() and save() with its options.",
    KINESIS: KINESIS_HINT,
    "console": _STREAM_ONLY,
    "memory": _STREAM_ONLY,
    **dict.fromkeys(STATE_FORMATS, _READ_ONLY),
}


def find_file_format(name: str) -> FileFormat:
    """The file format called `name` (a short name or one of Spark's class names, in any case).

    Raises: SparkError UNBOUNDED_NOT_SUPPORTED for a format Spark has, DATA_SOURCE_NOT_FOUND for any other name
    """
    found = _FILE_FORMATS.get(name.lower())
    if found is not None:
        return found
    if name.lower() in _NOT_IN_BATCHES:
        raise analysis_error("_LEGACY_ERROR_TEMP_1135", className=name)
    if name.lower() in _KNOWN:
        raise not_supported(f"The data source {name.lower()}", _KNOWN[name.lower()])
    raise format_not_found(name)


def is_jdbc(name: str | None) -> bool:
    return name is not None and name.lower() in _JDBC_NAMES


def is_file_format(name: str) -> bool:
    return name.lower() in _FILE_FORMATS


def format_not_found(name: str) -> SparkError:
    return SparkError(ErrorKind.CLASS_NOT_FOUND, "DATA_SOURCE_NOT_FOUND", {"provider": name})
