"""The state store beside a dict: whatever is done, stopped or lost, both hold the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.memory_files import MemoryFiles, PowerLost
from tests.unit.state.later import Later
from unbounded.clock import ManualClock
from unbounded.state.arrays import Words
from unbounded.state.background import AtOnce, Background
from unbounded.state.columnar_store import ColumnarStateStore, StateSettings
from unbounded.state.key_words import KeyWords

SCHEMA = pa.schema(
    [
        ("number", pa.float64()),
        ("window", pa.struct([("start", pa.int32()), ("names", pa.list_(pa.string()))])),
        ("value", pa.string()),
        ("expiry", pa.timestamp("us", tz="UTC")),
    ]
)
KEYS = pa.schema([SCHEMA.field(0), SCHEMA.field(1)])
RETAINED = 3

Key = tuple[float | None, tuple[int | None, tuple[str | None, ...] | None] | None]
Value = tuple[str | None, int | None]

windows = st.one_of(
    st.none(),
    st.tuples(
        st.sampled_from([None, 1]),
        st.one_of(st.none(), st.lists(st.sampled_from([None, "", "a", "ab", "long enough for two"]), max_size=2)),
    ),
)
keys = st.tuples(st.sampled_from([None, math.nan, -math.nan, 0.0, -0.0, 1.0]), windows)
values = st.tuples(st.one_of(st.none(), st.text(max_size=3)), st.one_of(st.none(), st.integers(0, 9)))


def model_key(key: tuple[float | None, tuple[int | None, list[str | None] | None] | None]) -> Key:
    """The key with one form for keys that Spark takes for equal."""
    number, window = key
    if number is not None:
        number = "NaN" if math.isnan(number) else number + 0.0
    if window is not None:
        window = (window[0], None if window[1] is None else tuple(window[1]))
    return number, window


def key_table(chosen: list) -> pa.Table:
    windows = [None if window is None else {"start": window[0], "names": window[1]} for _, window in chosen]
    columns = [pa.array([number for number, _ in chosen], KEYS.types[0]), pa.array(windows, KEYS.types[1])]
    return pa.Table.from_arrays(columns, schema=KEYS)


def row_table(chosen: list) -> pa.Table:
    columns = key_table([key for key, _ in chosen]).columns
    columns += [pa.array([value[i] for _, value in chosen], SCHEMA.types[2 + i]) for i in range(2)]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def as_dict(rows: pa.Table) -> dict[Key, Value]:
    columns = [column.to_pylist() for column in rows.columns[:3]]
    columns.append(rows.column(3).cast(pa.int64()).to_pylist())
    found = {}
    for number, window, value, expiry in zip(*columns, strict=True):
        key = model_key((number, None if window is None else (window["start"], window["names"])))
        assert key not in found, f"two rows for {key}"
        found[key] = (value, expiry)
    return found


class StateBesideDict(RuleBasedStateMachine):
    """`versions`: what every durable version holds; `changed`: the dict with the open transaction's changes."""

    settings = StateSettings(snapshot_interval=2)
    hash_keys: Callable[[KeyWords], Words] = staticmethod(KeyWords.hashes)
    new_background: type[Background] = AtOnce

    @initialize()
    def open(self) -> None:
        self.files = MemoryFiles()
        self.versions: dict[int, dict[Key, Value]] = {0: {}}
        self.version = 0
        self.reopen()

    @rule()
    def reopen(self) -> None:
        self.background = self.new_background()
        self.store = ColumnarStateStore(
            self.files,
            "state",
            SCHEMA,
            2,
            expiry="expiry",
            settings=self.settings,
            clock=ManualClock(),
            background=self.background,
            hash_keys=self.hash_keys,
        )
        self.begin()

    def begin(self) -> None:
        self.transaction = self.store.begin(self.version)
        self.changed = dict(self.versions[self.version])

    @rule(rows=st.lists(st.tuples(keys, values), max_size=12, unique_by=lambda row: model_key(row[0])))
    def put(self, rows: list) -> None:
        self.transaction.put(row_table(rows))
        self.changed.update({model_key(key): value for key, value in rows})

    @rule(chosen=st.lists(keys, max_size=6))
    def remove(self, chosen: list) -> None:
        self.transaction.remove(key_table(chosen))
        for key in chosen:
            self.changed.pop(model_key(key), None)

    @rule(limit=st.integers(0, 9))
    def take_expired(self, limit: int) -> None:
        expired = {key: value for key, value in self.changed.items() if value[1] is not None and value[1] <= limit}
        assert as_dict(self.transaction.take_expired("expiry", limit)) == expired
        for key in expired:
            del self.changed[key]

    @rule(chosen=st.lists(keys, max_size=8))
    def find(self, chosen: list) -> None:
        known = [i for i, key in enumerate(chosen) if model_key(key) in self.changed]
        asked = key_table(chosen)
        found = self.transaction.find(asked)
        assert found.positions.tolist() == self.transaction.positions(asked).tolist() == known
        for row, position in enumerate(known):
            key = model_key(chosen[position])
            assert as_dict(found.rows.slice(row, 1)) == {key: self.changed[key]}
        distinct = {model_key(chosen[i]) for i in known}
        assert as_dict(self.transaction.get(asked)) == {key: self.changed[key] for key in distinct}

    @rule()
    def commit(self) -> None:
        self.transaction.commit()
        self.committed()

    def committed(self) -> None:
        self.version += 1
        self.versions = {v: rows for v, rows in self.versions.items() if v < self.version}
        self.versions[self.version] = self.changed
        self.begin()

    @rule()
    def abort(self) -> None:
        self.transaction.abort()
        self.begin()

    @rule()
    def drop(self) -> None:
        """A batch that failed begins again without a word."""
        self.begin()

    @rule()
    def purge(self) -> None:
        oldest = self.version - RETAINED
        self.store.purge_before(oldest)
        self.versions = {version: rows for version, rows in self.versions.items() if version >= oldest}

    @precondition(lambda self: len(self.versions) > 1)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        self.version = data.draw(st.sampled_from(sorted(self.versions)))
        self.begin()

    @rule(changes_left=st.integers(0, 4), purges=st.booleans())
    def lose_power_in_commit(self, changes_left: int, purges: bool) -> None:
        """The batch is run again if the commit had not returned, else it is durable."""
        is_committed = False
        self.files.changes_left = changes_left
        try:
            self.transaction.commit()
            is_committed = True
            if purges:
                self.store.purge_before(self.version - RETAINED)
        except PowerLost:
            pass
        self.files.restart()
        if purges:
            oldest = self.version - RETAINED
            self.versions = {version: rows for version, rows in self.versions.items() if version >= oldest}
        if is_committed:
            self.committed()
        else:
            self.versions = {version: rows for version, rows in self.versions.items() if version <= self.version}
        self.reopen()

    @invariant()
    def same_rows(self) -> None:
        if hasattr(self, "changed"):
            assert as_dict(self.transaction.scan()) == self.changed
            assert self.transaction.row_count() == len(self.changed)


class StateOnDisk(StateBesideDict):
    """No rows may stay in memory."""

    settings = StateSettings(snapshot_interval=3, memory_limit_bytes=0)


class StateWithSlowBackground(StateBesideDict):
    """Snapshots and merged segments come batches later."""

    new_background = Later

    @rule()
    def finish_background(self) -> None:
        self.background.wait()


class StateWithPoorHash(StateBesideDict):
    """Most keys share a hash with others."""

    hash_keys = staticmethod(lambda words: words.hashes() % 3)


LIMITS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStateBesideDict = StateBesideDict.TestCase
TestStateOnDisk = StateOnDisk.TestCase
TestStateWithPoorHash = StateWithPoorHash.TestCase
TestStateWithSlowBackground = StateWithSlowBackground.TestCase
for case in (TestStateBesideDict, TestStateOnDisk, TestStateWithPoorHash, TestStateWithSlowBackground):
    case.settings = LIMITS
