"""Bytes that are not UTF-8 as text: every malformed piece becomes U+FFFD, as Java shows it."""

from __future__ import annotations

from unbounded.functions.kernels.kernel import Kernel, per_row


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


KERNELS: dict[str, Kernel] = {"utf8_text": per_row(_decode, ("BLOB",), "VARCHAR")}
