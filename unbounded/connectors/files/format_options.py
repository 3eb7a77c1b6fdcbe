"""Typed options of each format, with Spark's defaults. What they mean is in `lowering`; names are in `options`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from unbounded.connectors.files.options import FileOptions
from unbounded.errors import ErrorKind, SparkError, not_supported

DEFAULT_CORRUPT_COLUMN = "_corrupt_record"
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")


class Mode(Enum):
    """What happens to a record that cannot be read."""

    PERMISSIVE = "PERMISSIVE"
    DROP_MALFORMED = "DROPMALFORMED"
    FAIL_FAST = "FAILFAST"


@dataclass(frozen=True, slots=True)
class DateFormats:
    """Java patterns; None is Spark's default form."""

    date: str | None = None
    timestamp: str | None = None
    timestamp_ntz: str | None = None


@dataclass(frozen=True, slots=True)
class CsvOptions:
    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    escape_of_escape: str = "\\"
    comment: str = ""
    has_header: bool = False
    infers_schema: bool = False
    trims_start: bool = False
    trims_end: bool = False
    null_value: str = ""
    empty_value: str = ""
    nan: str = "NaN"
    positive_infinity: str = "Inf"
    negative_infinity: str = "-Inf"
    formats: DateFormats = DateFormats()
    mode: Mode = Mode.PERMISSIVE
    corrupt_column: str = DEFAULT_CORRUPT_COLUMN
    is_multi_line: bool = False
    line_separator: str | None = None
    prefers_date: bool = True
    max_columns: int = 20480
    enforces_schema: bool = True


@dataclass(frozen=True, slots=True)
class JsonOptions:
    formats: DateFormats = DateFormats()
    mode: Mode = Mode.PERMISSIVE
    corrupt_column: str = DEFAULT_CORRUPT_COLUMN
    is_multi_line: bool = False
    line_separator: str | None = None
    primitives_as_string: bool = False
    prefers_decimal: bool = False
    drops_null_fields: bool = False
    infers_timestamp: bool = False
    allows_comments: bool = False
    allows_single_quotes: bool = True
    allows_unquoted_names: bool = False
    allows_leading_zeros: bool = False
    allows_any_escape: bool = False
    allows_control_characters: bool = False


@dataclass(frozen=True, slots=True)
class TextOptions:
    is_whole_text: bool = False
    line_separator: str | None = None


@dataclass(frozen=True, slots=True)
class ParquetOptions:
    merges_schema: bool = False


@dataclass(frozen=True, slots=True)
class BinaryOptions:
    """No options of its own."""


FormatOptions = CsvOptions | JsonOptions | TextOptions | ParquetOptions | BinaryOptions


def csv_options(options: FileOptions, corrupt_column: str) -> CsvOptions:
    """`corrupt_column` is the session's `spark.sql.columnNameOfCorruptRecord`."""
    _check_encoding(options)
    _check_locale(options)
    quote, escape = options.character("quote", '"'), options.character("escape", "\\")
    default_escape = "" if quote == escape else escape
    return CsvOptions(
        separator=_separator(options),
        quote=quote,
        escape=escape,
        escape_of_escape=options.character("charToEscapeQuoteEscaping", default_escape),
        comment=options.character("comment", ""),
        has_header=options.boolean("header", False),
        infers_schema=options.boolean("inferSchema", False),
        trims_start=options.boolean("ignoreLeadingWhiteSpace", False),
        trims_end=options.boolean("ignoreTrailingWhiteSpace", False),
        null_value=options.text("nullValue", ""),
        empty_value=options.text("emptyValue", ""),
        nan=options.text("nanValue", "NaN"),
        positive_infinity=options.text("positiveInf", "Inf"),
        negative_infinity=options.text("negativeInf", "-Inf"),
        formats=date_formats(options),
        mode=_mode(options),
        corrupt_column=options.text("columnNameOfCorruptRecord", corrupt_column),
        is_multi_line=options.boolean("multiLine", False),
        line_separator=_line_separator(options),
        prefers_date=options.boolean("preferDate", True),
        max_columns=options.integer("maxColumns", 20480),
        enforces_schema=options.boolean("enforceSchema", True),
    )


def json_options(options: FileOptions, corrupt_column: str) -> JsonOptions:
    _check_encoding(options)
    _check_locale(options)
    return JsonOptions(
        formats=date_formats(options),
        mode=_mode(options),
        corrupt_column=options.text("columnNameOfCorruptRecord", corrupt_column),
        is_multi_line=options.boolean("multiLine", False),
        line_separator=_line_separator(options),
        primitives_as_string=options.boolean("primitivesAsString", False),
        prefers_decimal=options.boolean("prefersDecimal", False),
        drops_null_fields=options.boolean("dropFieldIfAllNull", False),
        infers_timestamp=options.boolean("inferTimestamp", False),
        allows_comments=options.boolean("allowComments", False),
        allows_single_quotes=options.boolean("allowSingleQuotes", True),
        allows_unquoted_names=options.boolean("allowUnquotedFieldNames", False),
        allows_leading_zeros=options.boolean("allowNumericLeadingZeros", False),
        allows_any_escape=options.boolean("allowBackslashEscapingAnyCharacter", False),
        allows_control_characters=options.boolean("allowUnquotedControlChars", False),
    )


def text_options(options: FileOptions) -> TextOptions:
    _check_encoding(options)
    return TextOptions(options.boolean("wholetext", False), _line_separator(options))


def date_formats(options: FileOptions) -> DateFormats:
    return DateFormats(options.find("dateFormat"), options.find("timestampFormat"), options.find("timestampNTZFormat"))


def _separator(options: FileOptions) -> str:
    """Java escapes are read; several characters are allowed."""
    given = options.find("sep", "delimiter")
    separator = "," if given is None else given
    if not separator:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_DELIMITER_VALUE.EMPTY_STRING", {})
    return {"\\t": "\t", "\\\\": "\\"}.get(separator, separator)


def _mode(options: FileOptions) -> Mode:
    """An unknown mode counts as PERMISSIVE, as in Spark."""
    name = options.text("mode", "PERMISSIVE").upper()
    return Mode(name) if name in {m.value for m in Mode} else Mode.PERMISSIVE


def _line_separator(options: FileOptions) -> str | None:
    separator = options.find("lineSep")
    if separator == "":
        message = "'lineSep' cannot be an empty string."
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "UNBOUNDED_INVALID_OPTION", {"message": message})
    return separator


def _check_encoding(options: FileOptions) -> None:
    encoding = options.find("encoding", "charset")
    if encoding is not None and encoding.lower() not in _UTF8:
        raise not_supported(f"The encoding {encoding}", "Convert the files to UTF-8.")


def _check_locale(options: FileOptions) -> None:
    locale = options.text("locale", "en-US")
    if locale.replace("_", "-").lower() not in ("en-us", "en"):
        raise not_supported(f"The locale {locale}", "Use en-US.")
