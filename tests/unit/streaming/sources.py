"""One source without a query: stepped, with a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unbounded.clock import ManualClock
from unbounded.connectors.streams import SourceContext, StreamProvider
from unbounded.storage.local import LocalFileSystem

START_US = 1_700_000_000_000_000


@dataclass
class SteppedSource:
    """Offsets as a query would ask for them; `directory` is the source's own in the checkpoint."""

    provider: StreamProvider
    directory: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(START_US))
    end: str | None = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        context = SourceContext(str(self.directory), LocalFileSystem(), self.clock)
        self.source = self.provider.open(context)

    def step(self, *, has_limit: bool = True) -> Any:
        """The next batch; None if there is nothing new. A second later the next one may come."""
        start, end = self.end, self.source.latest_offset(self.end, has_limit=has_limit)
        self.clock.advance(1_000_000)
        if end == start or end is None:
            return None
        batch = self.source.batch(start, end)
        self.end = end
        self.source.commit(end)
        return batch

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of the next batch."""
        batch = self.step()
        return [] if batch is None else [tuple(row.values()) for row in batch.read().read_all().to_pylist()]
