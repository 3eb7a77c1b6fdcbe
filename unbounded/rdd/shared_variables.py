"""Broadcast values and accumulators: what program and workers share besides data. Knows no worker and no job."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from unbounded.rdd.errors import PySparkRuntimeError, SparkException
from unbounded.rdd.pickling import pickled

T = TypeVar("T")

_accumulators: WeakValueDictionary[int, Accumulator[Any]] = WeakValueDictionary()
_received: dict[int, Accumulator[Any]] = {}
_broadcasts: dict[int, Broadcast[Any]] = {}


class Broadcast(Generic[T]):
    """A read-only value that lies pickled in a file; each process reads it at most once."""

    def __init__(self, broadcast_id: int, path: Path, *, is_on_driver: bool) -> None:
        self.id = broadcast_id
        self._path = path
        self._is_on_driver = is_on_driver
        self._is_destroyed = False

    @property
    def value(self) -> T:
        """The value; on the driver too it is a copy of what was given."""
        if not hasattr(self, "_value"):
            self._refuse_if_destroyed()
            self._value: T = pickle.loads(self._path.read_bytes())
        return self._value

    def unpersist(self, blocking: bool = False) -> None:
        """Nothing is kept outside the file, so there is nothing to free."""
        self._refuse_in_worker("unpersisted")

    def destroy(self, blocking: bool = False) -> None:
        """Remove the file; jobs that use the value fail from now on."""
        self._refuse_in_worker("destroyed")
        self._is_destroyed = True
        self._path.unlink(missing_ok=True)

    def __reduce__(self) -> tuple[Callable[[int, str], Broadcast[T]], tuple[int, str]]:
        self._refuse_if_destroyed()
        return _receive_broadcast, (self.id, os.fspath(self._path))

    def _refuse_in_worker(self, operation: str) -> None:
        if not self._is_on_driver:
            raise PySparkRuntimeError(f"[INVALID_BROADCAST_OPERATION] Broadcast can only be {operation} in driver.")

    def _refuse_if_destroyed(self) -> None:
        if self._is_destroyed:
            raise SparkException(f"Attempted to use Broadcast({self.id}) after it was destroyed")


def write_broadcast(broadcast_id: int, path: Path, value: T) -> Broadcast[T]:
    """Pickle a value into `path` and share it."""
    try:
        path.write_bytes(pickled(value))
    except pickle.PickleError:
        raise
    except Exception as error:
        message = f"Could not serialize broadcast: {type(error).__name__}: {error}"
        raise pickle.PicklingError(message) from error
    broadcast: Broadcast[T] = Broadcast(broadcast_id, path, is_on_driver=True)
    _broadcasts[broadcast_id] = broadcast
    return broadcast


def forget_broadcasts() -> None:
    """Let go of the values of a stopped context."""
    _broadcasts.clear()


def _receive_broadcast(broadcast_id: int, path: str) -> Broadcast[Any]:
    known = _broadcasts.get(broadcast_id)
    if known is None:
        known = _broadcasts[broadcast_id] = Broadcast(broadcast_id, Path(path), is_on_driver=False)
    return known


class AccumulatorParam(Generic[T]):
    """How values of one type are added; programs subclass it."""

    def zero(self, value: T) -> T:
        """A neutral value of the same shape as `value`."""
        raise NotImplementedError

    def addInPlace(self, value1: T, value2: T) -> T:
        """The sum; may change and return the first value."""
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam[T]):
    """Adds with `+=`."""

    def __init__(self, zero_value: T) -> None:
        self.zero_value = zero_value

    def zero(self, value: T) -> T:
        """The neutral value."""
        return self.zero_value

    def addInPlace(self, value1: T, value2: T) -> T:
        """The sum of both."""
        value1 += value2  # type: ignore[operator]
        return value1


class Accumulator(Generic[T]):
    """A value that workers only add to and only the driver reads."""

    def __init__(self, aid: int, value: T, accum_param: AccumulatorParam[T]) -> None:
        self.aid = aid
        self.accum_param = accum_param
        self._value = value
        self._is_in_worker = False

    @property
    def value(self) -> T:
        """The sum so far; an error inside a task."""
        self._refuse_in_worker()
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        self._refuse_in_worker()
        self._value = value

    def add(self, term: T) -> None:
        """Add a term."""
        self._value = self.accum_param.addInPlace(self._value, term)

    def __iadd__(self, term: T) -> Accumulator[T]:
        self.add(term)
        return self

    def __reduce__(self) -> tuple[Callable[..., Accumulator[T]], tuple[int, T, AccumulatorParam[T]]]:
        return _receive_accumulator, (self.aid, self.accum_param.zero(self._value), self.accum_param)

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"Accumulator<id={self.aid}, value={self._value}>"

    def _refuse_in_worker(self) -> None:
        if self._is_in_worker:
            name = "Accumulator.value"
            raise PySparkRuntimeError(f"[VALUE_NOT_ACCESSIBLE] Value `{name}` cannot be accessed inside tasks.")


def make_accumulator(aid: int, value: T, accum_param: AccumulatorParam[T] | None) -> Accumulator[T]:
    """A new accumulator of the driver; numbers need no parameter."""
    if accum_param is None:
        if not isinstance(value, (int, float, complex)):
            raise TypeError(f"No default accumulator param for type {type(value)}")
        accum_param = AddingAccumulatorParam(type(value)(0) if not isinstance(value, bool) else 0)  # type: ignore[arg-type]
    accumulator = Accumulator(aid, value, accum_param)
    _accumulators[aid] = accumulator
    return accumulator


def start_task() -> None:
    """Forget what an earlier task of this worker added."""
    _received.clear()


def task_updates() -> dict[int, Any]:
    """What the task has added to each accumulator it knows."""
    return {aid: accumulator._value for aid, accumulator in _received.items()}


def merge_updates(updates: Mapping[int, Any]) -> None:
    """Add what one task has added to the driver's accumulators."""
    for aid, term in updates.items():
        accumulator = _accumulators.get(aid)
        if accumulator is not None:
            accumulator.add(term)


def _receive_accumulator(aid: int, zero: T, accum_param: AccumulatorParam[T]) -> Accumulator[T]:
    known = _accumulators.get(aid) or _received.get(aid)
    if known is None:
        known = _received[aid] = Accumulator(aid, zero, accum_param)
        known._is_in_worker = True
    return known
