"""How libpq finds and enters a PostgreSQL server: properties of pgjdbc in its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unbounded.connectors.jdbc.database import Access
from unbounded.connectors.option_values import illegal_argument

_RENAMED: Mapping[str, str] = {
    "applicationname": "application_name",
    "connecttimeout": "connect_timeout",
    "logintimeout": "connect_timeout",
    "gssencmode": "gssencmode",
    "kerberosservername": "krbsrvname",
    "options": "options",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "sslmode": "sslmode",
    "sslpassword": "sslpassword",
    "sslrootcert": "sslrootcert",
}
_WITHOUT_EFFECT = frozenset(
    {
        "binarytransfer",
        "defaultrowfetchsize",
        "preparethreshold",
        "preparedstatementcachequeries",
        "preparedstatementcachesizemib",
        "prefersimplequery",
        "rewritebatchedinserts",
        "stringtype",
        "user",
        "password",
    }
)
"""Tuning of pgjdbc's own statements, and what is looked at elsewhere."""
_CONNECT_TIMEOUT_S = "10"
"""As pgjdbc's."""
_TARGETS = {"any": "any", "primary": "read-write", "master": "read-write", "secondary": "standby", "slave": "standby"}
CAN_BE_OPTIONS = frozenset({*_RENAMED, *_WITHOUT_EFFECT, "currentschema", "ssl", "tcpkeepalive", "targetservertype"})
"""Properties that may also be options of a read or write, in lower case."""


def connection_text(access: Access) -> str:
    """libpq's `key='value'` text. Raises: SparkError for a property that has no counterpart"""
    pairs = dict(_pairs(access))
    return " ".join(f"{key}={_quoted(value)}" for key, value in pairs.items())


def takes_untyped_texts(properties: tuple[tuple[str, str], ...]) -> bool:
    """pgjdbc's stringtype=unspecified: the server finds the type of a text itself."""
    return any(name.lower() == "stringtype" and value.lower() == "unspecified" for name, value in properties)


def _pairs(access: Access) -> Iterator[tuple[str, str]]:
    url = access.url
    hosts = url.hosts or (("localhost", ""),)
    yield "host", ",".join(host or "localhost" for host, _ in hosts)
    yield "port", ",".join(port or "5432" for _, port in hosts)
    if url.database:
        yield "dbname", url.database
    if access.user:
        yield "user", access.user
    if access.password:
        yield "password", access.password
    yield "application_name", "unbounded"
    yield "connect_timeout", _CONNECT_TIMEOUT_S
    for name, value in access.properties:
        yield from _property(name, value)


def _property(name: str, value: str) -> Iterator[tuple[str, str]]:
    key = name.lower()
    if key in _RENAMED:
        yield _RENAMED[key], value
    elif key == "currentschema":
        yield "options", f"-c search_path={value.replace(' ', chr(92) + ' ')}"
    elif key == "ssl":
        yield "sslmode", "verify-full" if value.lower() in ("", "true") else "prefer"
    elif key == "tcpkeepalive":
        yield "keepalives", "1" if value.lower() == "true" else "0"
    elif key == "targetservertype" and value.lower() in _TARGETS:
        yield "target_session_attrs", _TARGETS[value.lower()]
    elif key not in _WITHOUT_EFFECT:
        raise illegal_argument(f"The connection property '{name}' of a jdbc:postgresql: URL is not supported.")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
