"""Kernels over URLs, as java.net has them: parts of a URI, form encoding."""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote_plus

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row

_URI = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_ILLEGAL = re.compile(r"[\s\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(
    r"\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?"
)
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _parse_url(url: str, part: str, key: str, raises: bool) -> str | None:
    """One part of a URL, or the value of `key` in its query ("" for no key)."""
    match = _URI.fullmatch(url)
    if match is None or _ILLEGAL.search(url):
        if raises:
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_URL", {"url": url})
        return None
    scheme, authority, path, query, fragment = match.groups()
    is_opaque = scheme is not None and authority is None and not path.startswith("/")
    if key and part != "QUERY":
        return None
    user, host = _server(authority)
    values: dict[str, str | None] = {
        "PROTOCOL": scheme,
        "AUTHORITY": authority or None,
        "USERINFO": user,
        "HOST": host,
        "PATH": None if is_opaque else path,
        "FILE": None if is_opaque else path + (f"?{query}" if query is not None else ""),
        "QUERY": _query_value(query, key),
        "REF": fragment,
    }
    return values.get(part)


def _server(authority: str | None) -> tuple[str | None, str | None]:
    """User and host; neither for an authority that names no server."""
    match = _AUTHORITY.fullmatch(authority or "")
    if match is None or not _HOST.fullmatch(match[2]):
        return None, None
    return match[1], match[2]


def _query_value(query: str | None, key: str) -> str | None:
    if query is None or not key:
        return query
    found = re.search(f"(?:^|&){key}=([^&]*)", query)
    return found[1] if found else None


def _encode(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


def _decode(text: str, raises: bool) -> str | None:
    if not _BAD_ESCAPE.search(text):
        return unquote_plus(text)
    if raises:
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "CANNOT_DECODE_URL", {"url": text})
    return None


KERNELS: dict[str, Kernel] = {
    "parse_url": per_row(_parse_url, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    "url_encode": per_row(_encode, ("VARCHAR",), "VARCHAR"),
    "url_decode": per_row(_decode, ("VARCHAR", "BOOLEAN"), "VARCHAR"),
}
