"""The one error hierarchy: every failure a user can see, with Spark's condition, SQLSTATE and parameters.

An error names its condition and parameters; the sentence comes from `error_conditions.json`, one row per condition:
`name: [SQLSTATE, sentence with <parameter> holes, form if it is not whole]`. Names, states and sentences are Apache
Spark's (Apache License 2.0), so that a program which matches on them works; conditions of our own start with
`UNBOUNDED_`. Which Java class name travels to the client (and so which PySpark exception the user catches) is the
`kind`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources


class ErrorKind(Enum):
    """The Java exception a PySpark user knows, most specific class first, as the protocol lists them."""

    ANALYSIS = ("org.apache.spark.sql.AnalysisException",)
    PARSE = ("org.apache.spark.sql.catalyst.parser.ParseException", "org.apache.spark.sql.AnalysisException")
    ARITHMETIC = ("org.apache.spark.SparkArithmeticException", "java.lang.ArithmeticException")
    ARRAY_INDEX = ("org.apache.spark.SparkArrayIndexOutOfBoundsException", "java.lang.ArrayIndexOutOfBoundsException")
    DATE_TIME = ("org.apache.spark.SparkDateTimeException", "java.time.DateTimeException")
    NUMBER_FORMAT = (
        "org.apache.spark.SparkNumberFormatException",
        "java.lang.NumberFormatException",
        "java.lang.IllegalArgumentException",
    )
    ILLEGAL_ARGUMENT = ("org.apache.spark.SparkIllegalArgumentException", "java.lang.IllegalArgumentException")
    UNSUPPORTED = ("org.apache.spark.SparkUnsupportedOperationException", "java.lang.UnsupportedOperationException")
    NO_SUCH_ELEMENT = ("org.apache.spark.SparkNoSuchElementException", "java.util.NoSuchElementException")
    RUNTIME = ("org.apache.spark.SparkRuntimeException", "java.lang.RuntimeException")
    JAVA_RUNTIME = ("java.lang.RuntimeException",)
    KAFKA_STATE = ("org.apache.spark.sql.kafka010.KafkaIllegalStateException", "java.lang.IllegalStateException")
    SPARK = ("org.apache.spark.SparkException",)
    IO = ("java.io.IOException",)
    ILLEGAL_STATE = ("java.lang.IllegalStateException",)
    UPGRADE = ("org.apache.spark.SparkUpgradeException",)
    PYTHON = ("org.apache.spark.api.python.PythonException",)
    STREAMING_QUERY = ("org.apache.spark.sql.streaming.StreamingQueryException",)
    INVALID_PLAN = ("org.apache.spark.sql.connect.common.InvalidPlanInput",)
    SQL = ("org.apache.spark.SparkSQLException",)
    CLASS_NOT_FOUND = ("org.apache.spark.SparkClassNotFoundException", "java.lang.ClassNotFoundException")


NO_CONDITION = ""
"""The condition of an error that Spark lets out of Java's library: it has a message alone, the parameter `message`."""


class Form(Enum):
    """What of a condition is told around its sentence: by Spark as a rule, by its Kafka connector, by Delta Lake."""

    WHOLE = "whole"
    """Name, SQLSTATE and place in the text."""

    BARE = "bare"
    """The place."""

    NAMED = "named"
    """The name."""


class ContextKind(Enum):
    SQL = "SQL"
    DATAFRAME = "DataFrame"


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Where in the user's program an error belongs: a fragment of SQL text, or a DataFrame call site."""

    kind: ContextKind
    fragment: str
    start_index: int = -1
    stop_index: int = -1
    object_type: str = ""
    object_name: str = ""
    call_site: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in SQL text a node comes from: characters `start` to `end` of `text`, inclusive."""

    text: str
    start: int
    end: int

    @property
    def place(self) -> str:
        """`line 1 pos 7`: lines count from 1, positions in a line from 0."""
        before = self.text[: self.start]
        return f"line {before.count(chr(10)) + 1} pos {self.start - (before.rfind(chr(10)) + 1)}"

    @property
    def context(self) -> QueryContext:
        return QueryContext(ContextKind.SQL, self.text[self.start : self.end + 1], self.start, self.end)


@dataclass(frozen=True, slots=True)
class Condition:
    """`sentence` has a `<parameter>` where one is put in."""

    sql_state: str | None
    sentence: str
    form: Form = Form.WHOLE


@cache
def conditions() -> Mapping[str, Condition]:
    """Every condition this engine can raise, by name."""
    text = resources.files("unbounded").joinpath("error_conditions.json").read_text("utf-8")
    return {name: Condition(row[0], row[1], *map(Form, row[2:])) for name, row in json.loads(text).items()}


@dataclass(eq=False)
class SparkError(Exception):
    """An error with Spark's identity.

    `condition` is a name such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`; `parameters` fill its sentence. Some of Spark's
    errors have none: then it is empty and the sentence is the parameter `message`. `detail` is text for below it.
    """

    kind: ErrorKind
    condition: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    contexts: tuple[QueryContext, ...] = ()
    place: str = field(default="", kw_only=True)
    is_placeless: bool = field(default=False, kw_only=True)
    detail: str = field(default="", kw_only=True)

    def locate(self, origin: Origin | None) -> None:
        """Says where an analysis error belongs, unless it says so already (the innermost place counts)."""
        if origin is not None and not self.place and not self.is_placeless and self.kind is ErrorKind.ANALYSIS:
            self.place = origin.place
            self.contexts = (origin.context,)

    def without_place(self) -> SparkError:
        """This error, to which Spark gives no place in the text."""
        self.is_placeless = True
        return self

    @property
    def sql_state(self) -> str | None:
        return None if self.condition == NO_CONDITION else conditions()[self.condition].sql_state

    @property
    def message(self) -> str:
        """The whole sentence as Spark prints it: `[CONDITION] text SQLSTATE: state`."""
        if self.condition == NO_CONDITION:
            return self.parameters["message"]
        condition = conditions()[self.condition]
        text = condition.sentence
        for name, value in self.parameters.items():
            text = text.replace(f"<{name}>", value)
        match condition.form:
            case Form.NAMED:
                return f"[{self.condition}] {text}"
            case Form.BARE:
                return text + self._place
        state = f" SQLSTATE: {condition.sql_state}" if condition.sql_state else ""
        return f"[{self.condition}] {text}{state}{self._place}{self.detail}"

    @property
    def _place(self) -> str:
        return f"; {self.place}" if self.place else ""

    def __str__(self) -> str:
        return self.message


def analysis_error(condition: str, /, **parameters: str) -> SparkError:
    return SparkError(ErrorKind.ANALYSIS, condition, parameters)


def requirement_failed(message: str) -> SparkError:
    """Spark's answer to a wrong argument: an IllegalArgumentException without a condition."""
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, "", {"message": f"requirement failed: {message}"})


def unsupported_error(condition: str, /, **parameters: str) -> SparkError:
    return SparkError(ErrorKind.UNSUPPORTED, condition, parameters)


def not_supported(feature: str, hint: str) -> SparkError:
    """A known Spark feature that this engine does not have yet; `hint` names what to do instead."""
    return SparkError(ErrorKind.UNSUPPORTED, "UNBOUNDED_NOT_SUPPORTED", {"feature": feature, "hint": hint})


def parse_error(message: str, /, condition: str = "PARSE_SYNTAX_ERROR", **parameters: str) -> SparkError:
    return SparkError(ErrorKind.PARSE, condition, parameters or {"error": message, "hint": ""})
