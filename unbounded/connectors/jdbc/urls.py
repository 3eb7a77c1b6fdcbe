"""`jdbc:` URLs: which database they mean, and where it is. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote, unquote_plus

from unbounded.connectors.jdbc.failures import REDACTED, no_suitable_driver
from unbounded.errors import ErrorKind, SparkError


class DatabaseKind(Enum):
    """The value is the scheme in the URL."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"
    DUCKDB = "duckdb"
    MYSQL = "mysql"
    MARIADB = "mariadb"


_DRIVERS: Mapping[str, frozenset[DatabaseKind]] = {
    "org.postgresql.Driver": frozenset({DatabaseKind.POSTGRESQL}),
    "org.sqlite.JDBC": frozenset({DatabaseKind.SQLITE}),
    "org.duckdb.DuckDBDriver": frozenset({DatabaseKind.DUCKDB}),
    "com.mysql.cj.jdbc.Driver": frozenset({DatabaseKind.MYSQL}),
    "com.mysql.jdbc.Driver": frozenset({DatabaseKind.MYSQL}),
    "org.mariadb.jdbc.Driver": frozenset({DatabaseKind.MYSQL, DatabaseKind.MARIADB}),
}
"""Java classes that programs name; the driver used is the one of this engine."""

_SERVER = re.compile(r"//(?P<hosts>[^/?]*)(?:/(?P<database>[^?]*))?(?:\?(?P<properties>.*))?")
_BARE = re.compile(r"/?(?P<database>[^/?]*)(?:\?(?P<properties>.*))?")


@dataclass(frozen=True, slots=True)
class JdbcUrl:
    """`text` may hold a password, so it is never shown: `shown` is. `path`: of the file, for databases that are one."""

    text: str = field(repr=False)
    kind: DatabaseKind
    hosts: tuple[tuple[str, str], ...] = ()
    database: str = ""
    path: str = ""
    properties: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def shown(self) -> str:
        """As Spark shows it in errors."""
        return f"jdbc:{self.kind.value}:{REDACTED}"


def parse_url(text: str) -> JdbcUrl:
    """Raises: SparkError if it is no URL of a database known here"""
    prefix, _, rest = text.strip().partition(":")
    scheme, _, location = rest.partition(":")
    kinds = {kind.value: kind for kind in DatabaseKind}
    if prefix.lower() != "jdbc" or scheme.lower() not in kinds:
        raise no_suitable_driver(scheme if prefix.lower() == "jdbc" else "")
    kind = kinds[scheme.lower()]
    if kind in (DatabaseKind.SQLITE, DatabaseKind.DUCKDB):
        return _file(text, kind, location)
    return _server(text, kind, location)


def check_driver(name: str, kind: DatabaseKind) -> None:
    """Raises: SparkError ClassNotFoundException for a class that is no driver of this database"""
    known = _DRIVERS.get(name)
    if known is None:
        raise SparkError(ErrorKind.CLASS_NOT_FOUND, "", {"message": name})
    if kind not in known:
        raise no_suitable_driver(kind.value)


def _file(text: str, kind: DatabaseKind, location: str) -> JdbcUrl:
    path, _, properties = location.partition("?")
    if kind is DatabaseKind.SQLITE and location.startswith("file:"):
        return JdbcUrl(text, kind, path=location)
    return JdbcUrl(text, kind, path=path or ":memory:", properties=_properties(properties))


def _server(text: str, kind: DatabaseKind, location: str) -> JdbcUrl:
    found = _SERVER.fullmatch(location) or _BARE.fullmatch(location)
    if found is None:
        raise no_suitable_driver(kind.value)
    parts = found.groupdict()
    hosts = tuple(_host(host) for host in (parts.get("hosts") or "").split(",") if host)
    database = unquote(parts["database"] or "")
    return JdbcUrl(text, kind, hosts, database, properties=_properties(parts["properties"]))


def _host(text: str) -> tuple[str, str]:
    """Name and port, the port empty if it is the usual one; an IPv6 address is in brackets."""
    found = re.fullmatch(r"(\[[^]]*\]|[^:]*)(?::(\d*))?", text)
    if found is None:
        raise no_suitable_driver("")
    return found[1].strip("[]"), found[2] or ""


def _properties(text: str | None) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition("=") for pair in (text or "").split("&") if pair)
    return tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)
