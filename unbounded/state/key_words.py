"""Keys as 64-bit words: two keys are equal for Spark's grouping exactly if their words are. Whole columns, never rows.

A key is a fixed number of words (`columns`) and, for text and collections, runs of words of any length (`runs`; how
long is one of the fixed words). NULL is a word of its own beside a zeroed value; NaN has one form and -0.0 is 0.0;
the entries of a map are put in one order. A column of words that are all zero is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

from unbounded.state.arrays import Flags, Positions, Words
from unbounded.state.kernels import kernels

_STEP = 0x9E3779B97F4A7C15
_RUN_STEP = 0xC2B2AE3D27D4EB4F
_WORD_BYTES = 8


@dataclass(frozen=True, slots=True)
class Run:
    """Words `offsets[i]` to `offsets[i + 1]` belong to key i; the first offset is 0."""

    words: Words
    offsets: Positions

    def take(self, positions: Positions) -> Run:
        lengths = np.diff(self.offsets)[positions]
        offsets = _offsets(lengths)
        return Run(self.words[_ranges(self.offsets[positions], offsets)], offsets)


@dataclass(frozen=True, slots=True)
class KeyWords:
    count: int
    columns: tuple[Words | None, ...]
    runs: tuple[Run, ...]

    def take(self, positions: Positions) -> KeyWords:
        columns = tuple(None if column is None else column[positions] for column in self.columns)
        return KeyWords(len(positions), columns, tuple(run.take(positions) for run in self.runs))

    def hashes(self) -> Words:
        """One well-mixed word per key (the finalizer of MurmurHash3, summed over the words)."""
        result = np.zeros(self.count, dtype=np.uint64)
        for position, column in enumerate(self.columns):
            step = _STEP * (position + 1) % 2**64
            if column is None:
                result += _mixed(step)
            else:
                kernels.add_mixed(result, column, step)
        for position, run in enumerate(self.runs):
            kernels.add_mixed_runs(result, run.words, run.offsets, (2 * position + 1) * _RUN_STEP % 2**64)
        kernels.mix_all(result)
        return result

    def equals(self, other: KeyWords) -> Flags:
        """Whether key i here is key i of `other` (same schema and count)."""
        same = np.ones(self.count, dtype=np.bool_)
        for mine, theirs in zip(self.columns, other.columns, strict=True):
            if mine is not None or theirs is not None:
                same &= (0 if mine is None else mine) == (0 if theirs is None else theirs)
        for mine_run, their_run in zip(self.runs, other.runs, strict=True):
            _compare_runs(mine_run, their_run, same)
        return same

    def key(self, position: int) -> tuple[object, ...]:
        """One key as a value of Python, for the rare place that needs it."""
        fixed = (0 if column is None else int(column[position]) for column in self.columns)
        runs = (run.words[run.offsets[position] : run.offsets[position + 1]].tobytes() for run in self.runs)
        return (*fixed, *runs)

    def as_run(self) -> Run:
        """Every key's words in one run."""
        widths = np.full(self.count, len(self.columns), dtype=np.int64)
        for run in self.runs:
            widths += np.diff(run.offsets)
        offsets = _offsets(widths)
        words = np.zeros(int(offsets[-1]), dtype=np.uint64)
        for position, column in enumerate(self.columns):
            if column is not None:
                words[offsets[:-1] + position] = column
        starts = offsets[:-1] + len(self.columns)
        for run in self.runs:
            words[_ranges(starts, run.offsets)] = run.words
            starts = starts + np.diff(run.offsets)
        return Run(words, offsets)


def encode_keys(columns: Iterable[pa.Array], count: int) -> KeyWords:
    """The words of the keys whose parts are `columns`, each of `count` values."""
    builder = _Builder(count)
    for column in columns:
        builder.add(column)
    return KeyWords(count, tuple(builder.columns), tuple(builder.runs))


def has_repeated_key(keys: KeyWords, hashes: Words) -> bool:
    if not kernels.has_repeated(hashes):
        return False
    ordered = np.sort(hashes)
    suspects = np.flatnonzero(np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]]))
    return len({keys.key(int(position)) for position in suspects}) < len(suspects)


@dataclass
class _Builder:
    count: int
    columns: list[Words | None] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def add(self, column: pa.Array) -> None:
        """Appends the words of a column; a NULL is the word 1, then zeros."""
        absent = _absent(column)
        self.columns.append(None if absent is None else absent.astype(np.uint64))
        encode = next(encode for accepts, encode in _ENCODINGS if accepts(column.type))
        encode(self, column, absent)

    def add_words(self, words: Words, absent: Flags | None) -> None:
        if absent is not None:
            words = words.copy()
            words[absent] = 0
        self.columns.append(words)

    def add_run(self, lengths: Positions, run: Run) -> None:
        self.columns.append(lengths.view(np.uint64))
        self.runs.append(run)


# ---------------------------------------------------------------------------------------------- one type each


def _add_nothing(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    """A column of NULLs is told by its first word."""


def _add_boolean(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    builder.add_words(_fixed_values(column.cast(pa.uint8()), "u1").astype(np.uint64), absent)


def _add_float(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    values = _fixed_values(column, f"f{column.type.bit_width // 8}").astype(np.float64) + 0.0
    values[np.isnan(values)] = np.nan
    builder.add_words(values.view(np.uint64), absent)


def _add_fixed(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    width = column.type.bit_width // 8
    if width <= _WORD_BYTES:
        builder.add_words(_fixed_values(column, f"i{width}").astype(np.int64).view(np.uint64), absent)
        return
    wide = _fixed_values(column, f"V{width}").view(np.uint64).reshape(len(column), width // _WORD_BYTES)
    for part in wide.T:
        builder.add_words(np.ascontiguousarray(part), absent)


def _add_text(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    bounds = _bounds(column, 8 if _has_long_offsets(column.type) else 4)
    lengths = _present_lengths(bounds, absent)
    offsets = _offsets((lengths + (_WORD_BYTES - 1)) // _WORD_BYTES)
    words = np.empty(int(offsets[-1]), dtype=np.uint64)
    data = pa.py_buffer(b"") if column.buffers()[2] is None else column.buffers()[2]
    content = data.slice(int(bounds[0]), int(bounds[-1] - bounds[0]))
    kernels.copy_texts(content, bounds[:-1] - bounds[0], lengths, offsets, words)
    builder.add_run(lengths, Run(words, offsets))


def _add_fixed_binary(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    _add_text(builder, column.cast(pa.binary()), absent)


def _add_struct(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    for part in column.flatten():
        builder.add(part)


def _add_list(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    bounds = _bounds(column, 8 if _has_long_offsets(column.type) else 4)
    lengths = _present_lengths(bounds, absent)
    elements = column.flatten()
    run = encode_keys([elements], len(elements)).as_run()
    builder.add_run(lengths, Run(run.words, run.offsets[_offsets(lengths)]))


def _add_fixed_list(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    _add_list(builder, column.cast(pa.list_(column.type.value_type)), absent)


def _add_map(builder: _Builder, column: pa.Array, absent: Flags | None) -> None:
    bounds = _bounds(column, 4)
    lengths = _present_lengths(bounds, absent)
    offsets = _offsets(lengths)
    entries = pa.array(_ranges(bounds[:-1], offsets))
    keys, items = column.keys.take(entries), column.items.take(entries)
    order = _entry_order(encode_keys([keys], len(keys)), np.repeat(np.arange(len(column)), lengths))
    run = encode_keys([keys, items], len(keys)).take(order).as_run()
    builder.add_run(lengths, Run(run.words, run.offsets[offsets]))


def _is_text(data_type: pa.DataType) -> bool:
    return any(accepts(data_type) for accepts in (types.is_string, types.is_binary, _is_long_text))


def _is_long_text(data_type: pa.DataType) -> bool:
    return bool(types.is_large_string(data_type) or types.is_large_binary(data_type))


def _has_long_offsets(data_type: pa.DataType) -> bool:
    return bool(_is_long_text(data_type) or types.is_large_list(data_type))


def _is_list(data_type: pa.DataType) -> bool:
    return bool(types.is_list(data_type) or types.is_large_list(data_type))


def _is_fixed(data_type: pa.DataType) -> bool:
    return data_type.num_buffers == 2 and data_type.bit_width in (8, 16, 32, 64, 128, 256)


_ENCODINGS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[_Builder, pa.Array, Flags | None], None]], ...] = (
    (types.is_null, _add_nothing),
    (types.is_boolean, _add_boolean),
    (types.is_floating, _add_float),
    (_is_text, _add_text),
    (types.is_fixed_size_binary, _add_fixed_binary),
    (types.is_struct, _add_struct),
    (types.is_map, _add_map),
    (_is_list, _add_list),
    (types.is_fixed_size_list, _add_fixed_list),
    (_is_fixed, _add_fixed),
)


# ---------------------------------------------------------------------------------------------- arrays


def _mixed(word: int) -> Words:
    words = np.array([word], dtype=np.uint64)
    kernels.mix_all(words)
    return words


def _compare_runs(mine: Run, theirs: Run, same: Flags) -> None:
    """Clears `same` where the runs differ."""
    if not np.array_equal(mine.offsets, theirs.offsets):
        same &= np.diff(mine.offsets) == np.diff(theirs.offsets)
        chosen = np.flatnonzero(same)
        mine, theirs = mine.take(chosen), theirs.take(chosen)
    else:
        chosen = np.arange(len(same))
    different = np.flatnonzero(mine.words != theirs.words)
    same[chosen[np.searchsorted(mine.offsets, different, side="right") - 1]] = False


def _entry_order(keys: KeyWords, owners: Positions) -> Positions:
    """The entries of each map in the order of their keys' hashes; of keys with one hash, in that of their words."""
    hashes = keys.hashes()
    order = np.lexsort((hashes, owners))
    ordered_hashes, ordered_owners = hashes[order], owners[order]
    if not np.any((ordered_hashes[1:] == ordered_hashes[:-1]) & (ordered_owners[1:] == ordered_owners[:-1])):
        return order
    ranked = sorted(range(keys.count), key=lambda entry: (owners[entry], hashes[entry], repr(keys.key(entry))))
    return np.array(ranked, dtype=np.int64)


def _absent(column: pa.Array) -> Flags | None:
    if column.null_count == 0:
        return None
    flags: Flags = column.is_null().to_numpy(zero_copy_only=False)
    return flags


def _fixed_values(column: pa.Array, form: str) -> npt.NDArray[np.generic]:
    data = column.buffers()[1]
    if data is None:
        return np.zeros(len(column), dtype=form)
    return np.frombuffer(data, dtype=form, count=column.offset + len(column))[column.offset :]


def _bounds(column: pa.Array, width: int) -> Positions:
    data = column.buffers()[1]
    if data is None or len(column) == 0:
        return np.zeros(len(column) + 1, dtype=np.int64)
    end = column.offset + len(column) + 1
    return np.frombuffer(data, dtype=f"i{width}", count=end)[column.offset :].astype(np.int64)


def _present_lengths(bounds: Positions, absent: Flags | None) -> Positions:
    lengths = np.diff(bounds)
    if absent is not None:
        lengths[absent] = 0
    return lengths


def _offsets(lengths: Sequence[int] | Positions) -> Positions:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _ranges(starts: Positions, offsets: Positions) -> Positions:
    """For each i the numbers from `starts[i]`, as many as `offsets` leave for it, all in one array."""
    return np.repeat(starts - offsets[:-1], np.diff(offsets)) + np.arange(int(offsets[-1]))
