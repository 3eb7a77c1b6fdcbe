"""What a program is told when a database refuses: Spark's conditions, the database's sentence, never a password."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded.errors import ErrorKind, SparkError, analysis_error

REDACTED = "*********(redacted)"
_KNOWN = "jdbc:postgresql:, jdbc:sqlite:, jdbc:duckdb:, jdbc:mysql: and jdbc:mariadb:"


class DatabaseFailure(Exception):
    """What a client library raised, in the database's own words.

    `is_syntax`: about the text of a query. `is_lost`: the connection broke, so that what it was asked for last may
    have happened.
    """

    def __init__(self, reason: str, *, is_syntax: bool = False, is_lost: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_syntax = is_syntax
        self.is_lost = is_lost


def no_suitable_driver(scheme: str) -> SparkError:
    """A URL of a database that is not known."""
    what = f"jdbc:{scheme}:" if scheme else "the value of the option url"
    message = f"No suitable driver for {what}. The databases known here are {_KNOWN}."
    return SparkError(ErrorKind.SPARK, "UNBOUNDED_DATABASE", {"message": message})


def missing_package(database: str, package: str, extra: str) -> SparkError:
    """A database whose client library is not installed."""
    message = f"{database} needs the package {package}. Install it: pip install 'unbounded[{extra}]'"
    return SparkError(ErrorKind.SPARK, "UNBOUNDED_DATABASE", {"message": message})


def connection_failed(shown_url: str, reason: str, secrets: Iterable[str]) -> SparkError:
    """Spark's condition, and the reason, which Spark keeps in its logs."""
    text = without_secrets(reason, secrets)
    return analysis_error("FAILED_JDBC.CONNECTION", url=shown_url, reason=text)


def schema_failed(query: str, failure: DatabaseFailure, secrets: Iterable[str]) -> SparkError:
    """The columns of a query could not be told."""
    condition = "JDBC_EXTERNAL_ENGINE_SYNTAX_ERROR.DURING_OUTPUT_SCHEMA_RESOLUTION"
    return _about_query(condition, query, failure, secrets)


def query_failed(query: str, failure: DatabaseFailure, secrets: Iterable[str]) -> SparkError:
    """The rows of a query could not be read."""
    if failure.is_syntax:
        return _about_query("JDBC_EXTERNAL_ENGINE_SYNTAX_ERROR.DURING_QUERY_EXECUTION", query, failure, secrets)
    return database_failed("The database could not answer the query", failure, secrets)


def database_failed(what: str, failure: DatabaseFailure, secrets: Iterable[str]) -> SparkError:
    """`what`: a sentence without its full stop."""
    message = without_secrets(f"{what}: {failure.reason}", secrets)
    return SparkError(ErrorKind.SPARK, "UNBOUNDED_DATABASE", {"message": message})


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED) if secret else text
    return text


def _about_query(condition: str, query: str, failure: DatabaseFailure, secrets: Iterable[str]) -> SparkError:
    secrets = tuple(secrets)
    parameters = {
        "jdbcQuery": without_secrets(query, secrets),
        "externalEngineError": without_secrets(failure.reason, secrets),
    }
    return SparkError(ErrorKind.SPARK, condition, parameters)
