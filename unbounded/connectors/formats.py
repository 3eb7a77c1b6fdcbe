"""Names of data source formats: which connector a name means, and what is said about the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from unbounded.errors import ErrorKind, SparkError, not_supported


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
"""What a checkpoint keeps, for reading alone."""

DELTA = "delta"
"""Tables of Delta Lake (`connectors.delta`)."""

KAFKA = "kafka"
"""Topics of Apache Kafka (`connectors.kafka`)."""

JDBC_NAMES = (
    "jdbc",
    "org.apache.spark.sql.jdbc",
    "org.apache.spark.sql.jdbc.defaultsource",
    f"{_PACKAGE}.jdbc",
    f"{_PACKAGE}.jdbc.jdbcrelationprovider",
)
"""Tables of databases (`connectors.jdbc`)."""

INSTEAD: Mapping[str, str] = {
    "avro": "Convert the files to parquet.",
    "orc": "Convert the files to parquet.",
    "xml": "Convert the files to JSON.",
    "iceberg": "Write parquet or delta.",
    "hudi": "Write parquet or delta.",
    "hive": "Use parquet.",
    "libsvm": "Use csv.",
    "image": "Use binaryFile.",
    "kinesis": "Send the records to Kafka and use the format kafka, or read them with boto3 and write files.",
    "websocket": "Send the messages to Kafka, or write each as a file and read the folder.",
}
"""Formats that Spark or its users have and this engine has not, with what to use instead."""

_NO_TABLES: Mapping[str, str] = {
    **INSTEAD,
    **dict.fromkeys(JDBC_NAMES, "Use a temporary view: CREATE TEMPORARY VIEW … USING jdbc OPTIONS (…)."),
    KAFKA: "Use load() and save() with its options.",
    **dict.fromkeys(("rate", "rate-micro-batch", "socket"), "It is a format of readStream."),
    "console": "It is a format of df.write and writeStream.",
    **dict.fromkeys(("dashboard", "memory"), "It is a format of writeStream."),
    "noop": "It is a format of df.write and writeStream.",
    **dict.fromkeys(STATE_FORMATS, "It is a format of spark.read."),
}


def find_file_format(name: str) -> FileFormat:
    """The file format called `name` (a short name or one of Spark's class names, in any case), as tables have it.

    Raises: SparkError DATA_SOURCE_NOT_FOUND, UNBOUNDED_NOT_SUPPORTED for what has no files
    """
    found = _FILE_FORMATS.get(name.lower())
    if found is not None:
        return found
    if name.lower() in _NO_TABLES:
        raise not_supported(f"The data source {name.lower()}", _NO_TABLES[name.lower()])
    raise format_not_found(name)


def names_of_file_format(file_format: FileFormat) -> tuple[str, ...]:
    """In lower case, the short one first."""
    return tuple(name for name, found in _FILE_FORMATS.items() if found is file_format)


def is_file_format(name: str) -> bool:
    return name.lower() in _FILE_FORMATS


def format_not_found(name: str) -> SparkError:
    return SparkError(ErrorKind.CLASS_NOT_FOUND, "DATA_SOURCE_NOT_FOUND", {"provider": name})
