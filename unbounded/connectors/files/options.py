"""Options of file readers and writers as tables: what is supported, what is refused and what has no effect here.

Spark ignores options it does not know, so they are ignored here too and named once in the debug log. An option Spark
knows and this engine does not is refused, unless it is given its default value.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from unbounded.connectors.files.listing import ListingOptions
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, not_supported

_logger = logging.getLogger("unbounded")


@dataclass(frozen=True, slots=True)
class Refused:
    """An option Spark knows: only `default` (compared without case) is accepted. `hint`: what to do instead."""

    default: str | None
    hint: str


LISTING = ("path", "paths", "pathGlobFilter", "recursiveFileLookup", "basePath", "modifiedBefore", "modifiedAfter")
_ANY_FORMAT: Mapping[str, Refused] = {
    "ignoreCorruptFiles": Refused("false", "Leave damaged files out of the path."),
    "ignoreMissingFiles": Refused("false", "Leave it out."),
    "maxRecordsPerFile": Refused("0", "Use repartition to write several files."),
}
_TEXT_LIKE: Mapping[str, Refused] = {
    "timeZone": Refused(None, "Set spark.sql.session.timeZone."),
    "singleVariantColumn": Refused(None, "The variant type is not there yet."),
    "enableDateTimeParsingFallback": Refused("false", "Give dateFormat or timestampFormat."),
    "timeFormat": Refused(None, "The type TIME is not there yet."),
}

SUPPORTED: Mapping[FileFormat, tuple[str, ...]] = {
    FileFormat.CSV: (
        "sep", "delimiter", "encoding", "charset", "quote", "escape", "charToEscapeQuoteEscaping", "comment", "header",
        "inferSchema", "samplingRatio", "enforceSchema", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace",
        "nullValue", "emptyValue", "nanValue", "positiveInf", "negativeInf", "dateFormat", "timestampFormat",
        "timestampNTZFormat", "maxColumns", "maxCharsPerColumn", "mode", "columnNameOfCorruptRecord", "multiLine",
        "locale", "lineSep", "preferDate", "quoteAll", "escapeQuotes", "compression", "codec",
    ),
    FileFormat.JSON: (
        "primitivesAsString", "prefersDecimal", "allowComments", "allowSingleQuotes", "allowUnquotedFieldNames",
        "allowNumericLeadingZeros", "allowBackslashEscapingAnyCharacter", "allowUnquotedControlChars", "mode",
        "columnNameOfCorruptRecord", "dateFormat", "timestampFormat", "timestampNTZFormat", "multiLine", "lineSep",
        "samplingRatio", "dropFieldIfAllNull", "encoding", "charset", "locale", "ignoreNullFields", "inferTimestamp",
        "sortKeys", "compression", "codec",
    ),
    FileFormat.PARQUET: ("mergeSchema", "compression", "parquet.compression", "codec"),
    FileFormat.TEXT: ("wholetext", "lineSep", "compression", "codec", "encoding", "charset"),
    FileFormat.BINARY: (),
}  # fmt: skip

WITHOUT_EFFECT: Mapping[FileFormat, tuple[str, ...]] = {
    FileFormat.CSV: ("inputBufferSize", "maxMalformedLogPerPartition", "partitionOverwriteMode"),
    FileFormat.JSON: ("useUnsafeRow", "maxNestingDepth", "maxNumLen", "maxStringLen", "partitionOverwriteMode"),
    FileFormat.PARQUET: (
        "datetimeRebaseMode", "int96RebaseMode", "partitionOverwriteMode", "parquet.block.size", "parquet.page.size",
        "parquet.enable.dictionary", "parquet.writer.version",
    ),
    FileFormat.TEXT: ("partitionOverwriteMode",),
    FileFormat.BINARY: (),
}  # fmt: skip
"""Known and accepted: they tune a JVM reader, or are read elsewhere."""

REFUSED: Mapping[FileFormat, Mapping[str, Refused]] = {
    FileFormat.CSV: {**_TEXT_LIKE, "unescapedQuoteHandling": Refused("STOP_AT_DELIMITER", "Leave it out.")},
    FileFormat.JSON: {
        **_TEXT_LIKE,
        "allowNonNumericNumbers": Refused("true", "Leave it out: NaN and Infinity are read."),
        "writeNonAsciiCharacterAsCodePoint": Refused("false", "Write UTF-8."),
        "pretty": Refused("false", "Leave it out."),
    },
    FileFormat.PARQUET: {},
    FileFormat.TEXT: {},
    FileFormat.BINARY: {},
}


class FileOptions:
    """Options of one read or write, looked up without regard to case."""

    def __init__(self, pairs: Iterable[tuple[str, str]], file_format: FileFormat) -> None:
        """Raises: SparkError UNBOUNDED_NOT_SUPPORTED for a known option this engine does not have."""
        self._values = {key.lower(): value for key, value in pairs}
        _check(self._values, file_format)

    def text(self, name: str, default: str) -> str:
        return self._values.get(name.lower(), default)

    def find(self, *names: str) -> str | None:
        """The first of `names` that is given."""
        return next((self._values[name.lower()] for name in names if name.lower() in self._values), None)

    def boolean(self, name: str, default: bool) -> bool:
        value = self._values.get(name.lower(), str(default)).lower()
        if value not in ("true", "false"):
            raise SparkError(ErrorKind.SPARK, "_LEGACY_ERROR_TEMP_2147", {"paramName": name})
        return value == "true"

    def character(self, name: str, default: str) -> str:
        """One character, or none. Raises OPTION_VALUE_EXCEEDS_ONE_CHARACTER."""
        value = _UNESCAPED.get(self.text(name, default), self.text(name, default))
        if len(value) > 1:
            parameters = {"paramName": name, "actualValue": value}
            raise SparkError(ErrorKind.RUNTIME, "OPTION_VALUE_EXCEEDS_ONE_CHARACTER", parameters)
        return value

    def integer(self, name: str, default: int) -> int:
        value = self._values.get(name.lower(), str(default))
        try:
            return int(value)
        except ValueError:
            parameters = {"paramName": name, "value": value}
            raise SparkError(ErrorKind.RUNTIME, "_LEGACY_ERROR_TEMP_2146", parameters) from None


_UNESCAPED = {"\\t": "\t", "\\b": "\b", "\\r": "\r", "\\n": "\n", "\\f": "\f", '\\"': '"', "\\'": "'", "\\\\": "\\"}


def _check(values: Mapping[str, str], file_format: FileFormat) -> None:
    known = {name.lower() for name in (*LISTING, *SUPPORTED[file_format], *WITHOUT_EFFECT[file_format])}
    refused = {name.lower(): (name, row) for name, row in {**_ANY_FORMAT, **REFUSED[file_format]}.items()}
    for key, value in values.items():
        if key in refused:
            name, row = refused[key]
            if row.default is None or value.lower() != row.default.lower():
                raise not_supported(f"The option {name} of {file_format.value}", row.hint)
        elif key not in known:
            _logger.debug("The option %s=%s is unknown to %s and has no effect.", key, value, file_format.value)


def listing_options(options: FileOptions, zone: ZoneInfo | timezone, *, infers_partition_types: bool) -> ListingOptions:
    """`zone` is the session's: `modifiedBefore` and `modifiedAfter` are wall-clock times in it."""
    return ListingOptions(
        path_glob_filter=options.find("pathGlobFilter"),
        is_recursive=options.boolean("recursiveFileLookup", False),
        base_path=options.find("basePath"),
        modified_before_us=_instant(options.find("modifiedBefore"), zone),
        modified_after_us=_instant(options.find("modifiedAfter"), zone),
        infers_partition_types=infers_partition_types,
    )


def _instant(text: str | None, zone: ZoneInfo | timezone) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise not_supported(f"The time {text!r} as a limit of modification", "Use 2024-01-31T10:00:00.") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return int(moment.timestamp() * 1_000_000)
