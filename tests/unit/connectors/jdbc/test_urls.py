"""jdbc: URLs as the drivers of Java read them, and what becomes of their properties."""

from __future__ import annotations

import pytest

from unbounded.connectors.jdbc.database import Access
from unbounded.connectors.jdbc.databases.postgresql.access import connection_text
from unbounded.connectors.jdbc.options import read_options
from unbounded.connectors.jdbc.table_names import find_table_name
from unbounded.connectors.jdbc.urls import parse_url
from unbounded.errors import SparkError


def access(url: str, **options: str) -> Access:
    return read_options({"url": url, "dbtable": "t", **options}, "UTC").access


@pytest.mark.parametrize(
    ("url", "hosts", "database"),
    [
        ("jdbc:postgresql://h:5433/d", (("h", "5433"),), "d"),
        ("jdbc:postgresql://h/my%20d?user=x", (("h", ""),), "my d"),
        ("jdbc:postgresql://a:1,b:2/d", (("a", "1"), ("b", "2")), "d"),
        ("jdbc:postgresql://[::1]:5433/d", (("::1", "5433"),), "d"),
        ("jdbc:postgresql:d", (), "d"),
        ("JDBC:mysql://h", (("h", ""),), ""),
    ],
)
def test_servers(url: str, hosts: tuple[tuple[str, str], ...], database: str) -> None:
    found = parse_url(url)
    assert (found.hosts, found.database) == (hosts, database)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("jdbc:sqlite:/tmp/a b.db", "/tmp/a b.db"),
        ("jdbc:sqlite:file:/tmp/a.db?mode=ro", "file:/tmp/a.db?mode=ro"),
        ("jdbc:sqlite:", ":memory:"),
        ("jdbc:duckdb:a.db?duckdb.read_only=true", "a.db"),
    ],
)
def test_files(url: str, path: str) -> None:
    assert parse_url(url).path == path


@pytest.mark.parametrize("url", ["nonsense", "jdbc:oracle:thin:@h", "jdbc:", "postgresql://h/d"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SparkError, match="No suitable driver"):
        parse_url(url)


def test_properties_in_libpqs_words() -> None:
    url = "jdbc:postgresql://h/d?ssl=true&currentSchema=a,b&reWriteBatchedInserts=true"
    text = connection_text(access(url, user="u", password="it's \\ secret", applicationname="me", connecttimeout="5"))
    assert text == (
        "host='h' port='5432' dbname='d' user='u' password='it\\'s \\\\ secret' application_name='me' "
        "connect_timeout='5' sslmode='verify-full' options='-c search_path=a,b'"
    )
    with pytest.raises(SparkError, match="socketFactory"):
        connection_text(access("jdbc:postgresql://h/d?socketFactory=x"))


def test_a_password_is_shown_nowhere() -> None:
    found = access("jdbc:postgresql://h/d?user=u&password=se%20cret&sslpassword=other")
    assert found.secrets == ("se cret", "other")
    assert "cret" not in repr(found)
    assert "other" not in repr(found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("t", ("t",)),
        ('s."My ""T"""', ("s", '"My ""T"""')),
        ("`a b`.c", ("`a b`", "c")),
        ("t alias", None),
        ("(SELECT 1) x", None),
        ("t; DROP TABLE t", None),
    ],
)
def test_names_of_tables(text: str, parts: tuple[str, ...] | None) -> None:
    found = find_table_name(text)
    assert (None if found is None else found.parts) == parts
