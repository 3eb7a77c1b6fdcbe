"""`unbounded bench state`: what a batch costs when it touches few keys of many, and what a restore costs."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from unbounded.state.background import AtOnce
from unbounded.state.columnar_store import ColumnarStateStore, StateSettings
from unbounded.storage.local import LocalFileSystem

BATCH_COUNT = 40
TOUCHED = 10_000
_LOADED_AT_ONCE = 1 << 20
_NO_SNAPSHOT = 1 << 30
_MINUTE_US = 60_000_000

_END = pa.timestamp("us")
_WINDOW = pa.struct([("start", _END), ("end", _END)])
_VALUES = [("count", pa.int64()), ("total", pa.float64())]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of state: its columns, of which the first `key_count` are the key."""

    schema: pa.Schema
    key_count: int
    expiry: str

    @property
    def key_names(self) -> list[str]:
        names: list[str] = self.schema.names[: self.key_count]
        return names


_SHAPES = (
    _Shape(pa.schema([("id", pa.int64()), ("end", _END), *_VALUES]), 1, "end"),
    _Shape(pa.schema([("id", pa.int64()), ("name", pa.string()), ("window", _WINDOW), *_VALUES]), 3, "window.end"),
)

Numbers = npt.NDArray[np.int64]


@dataclass
class _Milliseconds:
    get: list[float] = field(default_factory=list)
    put: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)

    def totals(self) -> list[float]:
        return [sum(parts) for parts in zip(self.get, self.put, self.commit, strict=True)]


def measure_state(row_counts: list[int]) -> int:
    """Prints one line per number of keys: the parts of a batch, the whole, a restore, the memory."""
    _print(f"{TOUCHED:,} keys touched per batch, {BATCH_COUNT} batches; medians, milliseconds")
    names = " ".join(f"{name:>7}" for name in ("get", "put", "commit", "batch", "p90", "expire"))
    for shape in _SHAPES:
        _print(f"\nkey: {', '.join(shape.key_names)}\n{'keys':>12} {names} {'restore':>8} {'MB':>6}")
        for row_count in row_counts:
            with tempfile.TemporaryDirectory() as directory:
                _print(_line(shape, row_count, directory))
    return 0


def _line(shape: _Shape, row_count: int, directory: str) -> str:
    version = _load(_store(shape, directory, StateSettings(snapshot_interval=1)), shape, row_count)
    store = _store(shape, directory, StateSettings(snapshot_interval=_NO_SNAPSHOT))
    restore_ms = _timed(lambda: store.begin(version).abort())
    taken, version = _run_batches(store, version, shape, row_count)
    transaction = store.begin(version)
    expire_ms = _timed(lambda: transaction.take_expired(shape.expiry, _MINUTE_US))
    totals = taken.totals()
    medians = [statistics.median(part) for part in (taken.get, taken.put, taken.commit, totals)]
    figures = [*medians, statistics.quantiles(totals, n=10)[-1], expire_ms]
    cells = " ".join(f"{figure:7.2f}" for figure in figures)
    return f"{row_count:12,} {cells} {restore_ms:8.0f} {store.metrics().memory_bytes / 1e6:6.0f}"


def _store(shape: _Shape, directory: str, settings: StateSettings) -> ColumnarStateStore:
    files = LocalFileSystem()
    return ColumnarStateStore(
        files, directory, shape.schema, shape.key_count, expiry=shape.expiry, settings=settings, background=AtOnce()
    )


def _load(store: ColumnarStateStore, shape: _Shape, row_count: int) -> int:
    """Fills the state, and leaves it as a snapshot. Its version."""
    transaction = store.begin(0)
    for numbers in _split(np.arange(row_count)):
        transaction.put(_rows(shape, numbers, 0))
    transaction.commit()
    return 1


def _split(numbers: Numbers) -> Iterator[Numbers]:
    for start in range(0, len(numbers), _LOADED_AT_ONCE):
        yield numbers[start : start + _LOADED_AT_ONCE]


def _run_batches(store: ColumnarStateStore, version: int, shape: _Shape, row_count: int) -> tuple[_Milliseconds, int]:
    generator = np.random.default_rng(1)
    taken = _Milliseconds()
    for batch in range(BATCH_COUNT):
        rows = _rows(shape, generator.choice(row_count, TOUCHED, replace=False), batch)
        keys = rows.select(shape.key_names)
        transaction = store.begin(version)
        taken.get.append(_timed(lambda: transaction.get(keys)))  # noqa: B023
        taken.put.append(_timed(lambda: transaction.put(rows)))  # noqa: B023
        taken.commit.append(_timed(transaction.commit))
        version += 1
    return taken, version


def _rows(shape: _Shape, numbers: Numbers, batch: int) -> pa.Table:
    """The rows of these ids, which are in windows of a minute, a thousand ids each."""
    start = pa.array(numbers // 1000 * _MINUTE_US).cast(_END)
    end = pa.array((numbers // 1000 + 1) * _MINUTE_US).cast(_END)
    columns = {
        "id": pa.array(numbers),
        "name": pa.array(np.char.add("sensor-", (numbers % 5000).astype(np.str_))),
        "window": pa.StructArray.from_arrays([start, end], fields=list(_WINDOW)),
        "end": end,
        "count": pa.array(np.full(len(numbers), batch, dtype=np.int64)),
        "total": pa.array(numbers / 7),
    }
    return pa.Table.from_arrays([columns[name] for name in shape.schema.names], schema=shape.schema)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
