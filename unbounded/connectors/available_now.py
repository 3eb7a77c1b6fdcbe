"""Sources under the trigger availableNow: what is there when the query starts is all there is."""

from __future__ import annotations

from typing import Any

from unbounded.connectors.streams import BoundableSource, StreamSource


def bounded_to_now(source: StreamSource) -> StreamSource:
    """`source`, which from now on has an end: set by itself if it can, else by what its first offset is."""
    if isinstance(source, BoundableSource):
        source.bound_to_now()
        return source
    return _FirstOffsetOnly(source)


class _FirstOffsetOnly:
    """Implements `connectors.streams.StreamSource`."""

    def __init__(self, source: StreamSource) -> None:
        self._source = source
        self._end: str | None = None
        self._is_known = False

    @property
    def description(self) -> str:
        return self._source.description

    def latest_offset(self, start: str | None, *, has_limit: bool) -> str | None:
        if not self._is_known:
            self._end = self._source.latest_offset(start, has_limit=False)
            self._is_known = True
        return self._end

    def batch(self, start: str | None, end: str) -> Any:
        return self._source.batch(start, end)

    def commit(self, end: str) -> None:
        self._source.commit(end)

    def close(self) -> None:
        self._source.close()
