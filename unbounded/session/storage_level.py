"""Where `df.persist` may keep rows, as Spark numbers it. Says nothing about how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorageLevel:
    use_disk: bool
    use_memory: bool
    use_off_heap: bool = False
    deserialized: bool = False
    replication: int = 1


NOT_STORED = StorageLevel(use_disk=False, use_memory=False)
MEMORY_AND_DISK = StorageLevel(use_disk=True, use_memory=True, deserialized=True)
