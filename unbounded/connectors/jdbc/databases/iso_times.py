"""Dates and times as ISO texts, which every database reads alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1)


def date_text(days: int) -> str | None:
    """None outside the years 1 to 9999."""
    try:
        return (_EPOCH_DAY + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def timestamp_text(microseconds: int) -> str | None:
    """None outside the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(" ", "microseconds")
    except OverflowError:
        return None
