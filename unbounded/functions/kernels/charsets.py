"""Kernels between strings and bytes: Java's character sets, lenient base 64, UTF-8 checks."""

from __future__ import annotations

import base64
import re

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row

_CODECS = {
    "iso-8859-1": "latin-1",
    "us-ascii": "ascii",
    "utf-16": "utf-16",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
    "utf-32": "utf-32-be",
    "utf-8": "utf-8",
}
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


def _codec(charset: str, function: str) -> str:
    codec = _CODECS.get(charset.lower())
    if codec is None:
        parameters = {
            "functionName": f"`{function}`",
            "parameter": "`charset`",
            "charset": charset,
            "charsets": ", ".join(_CODECS),
        }
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_PARAMETER_VALUE.CHARSET", parameters)
    return codec


def _malformed(function: str, charset: str) -> SparkError:
    parameters = {"function": f"`{function}`", "charset": charset}
    return SparkError(ErrorKind.RUNTIME, "MALFORMED_CHARACTER_CODING", parameters)


def _encode(text: str, charset: str) -> bytes:
    """Java writes UTF-16 with its big-endian mark in front."""
    codec = _codec(charset, "encode")
    try:
        return b"\xfe\xff" + text.encode("utf-16-be") if codec == "utf-16" else text.encode(codec)
    except UnicodeEncodeError:
        raise _malformed("encode", charset) from None


def _decode(data: bytes, charset: str) -> str:
    """UTF-16 without a mark is big-endian."""
    codec = _codec(charset, "decode")
    if codec == "utf-16" and data[:2] not in (b"\xfe\xff", b"\xff\xfe"):
        codec = "utf-16-be"
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise _malformed("decode", charset) from None


def _unbase64(text: str) -> bytes:
    """As Java's MIME decoder: foreign characters are skipped, padding may be missing."""
    digits = _NOT_BASE64.sub("", text).partition("=")[0]
    if len(digits) % 4 == 1:
        parameters = {"message": "Last unit does not have enough valid bits"}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, parameters)
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def _is_utf8(data: bytes) -> bool:
    return _try_utf8(data) is not None


def _try_utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _validate_utf8(data: bytes) -> str:
    text = _try_utf8(data)
    if text is None:
        shown = "".join(f"\\x{byte:02X}" for byte in data)
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_UTF8_STRING", {"str": shown})
    return text


KERNELS: dict[str, Kernel] = {
    "encode": per_row(_encode, ("VARCHAR", "VARCHAR"), "BLOB"),
    "decode": per_row(_decode, ("BLOB", "VARCHAR"), "VARCHAR"),
    "unbase64": per_row(_unbase64, ("VARCHAR",), "BLOB"),
    "is_utf8": per_row(_is_utf8, ("BLOB",), "BOOLEAN"),
    "try_utf8": per_row(_try_utf8, ("BLOB",), "VARCHAR"),
    "make_utf8": per_row(lambda data: data.decode(errors="replace"), ("BLOB",), "VARCHAR"),
    "validate_utf8": per_row(_validate_utf8, ("BLOB",), "VARCHAR"),
}
