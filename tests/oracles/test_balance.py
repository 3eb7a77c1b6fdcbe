"""Money moves between accounts, two rows a transfer: whatever fails and however it is cut, no batch makes or loses any.

A batch has whole transfers, so the balances after it sum up to nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracles.sinks import Function
from tests.unit.memory_disk import Fault, MemoryDisk
from tests.unit.memory_files import PowerLost
from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.storage.local import LocalFileSystem

BALANCES = """\
SELECT account, sum(amount) AS balance
FROM (SELECT split(user, ' ')[0] AS account, CAST(split(user, ' ')[1] AS DECIMAL(12, 2)) AS amount FROM clicks)
GROUP BY account
"""
ACCOUNTS, TRANSFERS, CRASHES = 9, 120, 12


@dataclass(frozen=True)
class Transfer:
    source: int
    target: int
    amount: Decimal

    def rows(self) -> list[tuple[str, str]]:
        return [(f"{self.source} {-self.amount}", "00:00:00"), (f"{self.target} {self.amount}", "00:00:00")]


def transfers(chance: random.Random) -> Iterator[Transfer]:
    for _ in range(TRANSFERS):
        source, target = chance.sample(range(ACCOUNTS), 2)
        yield Transfer(source, target, Decimal(chance.randrange(1, 10**8)) / 100)


def parts(made: list[Transfer], chance: random.Random) -> Iterator[list[Transfer]]:
    cuts = sorted(chance.sample(range(1, len(made)), chance.randrange(len(made) // 4, len(made) // 2)))
    return (made[start:end] for start, end in zip([0, *cuts], [*cuts, len(made)], strict=True))


@dataclass
class Bank:
    """The query, which fails at random moments and begins again, until it has failed often enough."""

    mode: OutputMode
    chance: random.Random
    disk: MemoryDisk = field(default_factory=MemoryDisk)
    crashes: int = 0

    def __post_init__(self) -> None:
        self.outlet = Function(self.disk)
        files = LocalFileSystem(self.disk)
        self._story = Story(BALANCES, Path("/"), self.mode, files=files, open_sink=self.outlet.open, snapshots_every=3)
        self._prepare_crash()

    def take(self, part: list[Transfer]) -> None:
        self._story.clicks.rows.extend(row for transfer in part for row in transfer.rows())
        while not self._drained():
            pass

    def _drained(self) -> bool:
        try:
            list(self._story.drain())
        except (PowerLost, SparkError, OSError):
            self.crashes += 1
            self.disk.restart()
            self._story.restart()
            self._prepare_crash()
            return False
        return True

    def _prepare_crash(self) -> None:
        if self.crashes < CRASHES:
            self.disk.fail_after(self.chance.randrange(2, 60), self.chance.choice(list(Fault)))

    def balances(self) -> Iterator[dict[str, Decimal]]:
        """By account, after every batch."""
        known: dict[str, Decimal] = {}
        for _, rows in sorted(self.outlet.batches().items()):
            pairs = dict(row.split() for row in rows)
            changed = {account: Decimal(balance) for account, balance in pairs.items()}
            known = changed if self.mode is OutputMode.COMPLETE else {**known, **changed}
            yield known


def expected(made: list[Transfer]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for transfer in made:
        for account, amount in ((transfer.source, -transfer.amount), (transfer.target, transfer.amount)):
            sums[str(account)] = sums.get(str(account), Decimal()) + amount
    return sums


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mode", [OutputMode.UPDATE, OutputMode.COMPLETE], ids=lambda mode: mode.value)
def test_no_batch_makes_or_loses_money(mode: OutputMode, seed: int) -> None:
    chance = random.Random(seed)
    made = list(transfers(random.Random("transfers")))
    bank = Bank(mode, chance)
    for part in parts(made, chance):
        bank.take(part)
    after = list(bank.balances())
    assert bank.crashes == CRASHES
    assert [sum(balances.values()) for balances in after] == [0] * len(after)
    assert after[-1] == expected(made)
