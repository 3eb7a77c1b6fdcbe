"""The buffer between a producer and a reader: order, release, and both bounds of its memory."""

from __future__ import annotations

import threading

import pytest

from unbounded.connect.response_buffer import BufferClosed, End, Entry, PositionNotAvailable, ResponseBuffer

NO_WAIT = 0.0


def buffer_of(*items: str, ahead: int = 100, kept: int = 100) -> ResponseBuffer[str]:
    """A buffer in which each item's size is its length."""
    buffer: ResponseBuffer[str] = ResponseBuffer(ahead_bytes_max=ahead, kept_bytes_max=kept)
    for item in items:
        buffer.append(item, len(item))
    return buffer


def test_entries_come_in_order_and_can_be_read_again() -> None:
    buffer = buffer_of("a", "bb")
    assert buffer.read(0, NO_WAIT) == Entry(1, "a", 1)
    assert buffer.read(1, NO_WAIT) == Entry(2, "bb", 2)
    assert buffer.read(0, NO_WAIT) == Entry(1, "a", 1)
    assert buffer.read(2, NO_WAIT) is None


def test_the_end_comes_after_the_last_entry() -> None:
    buffer = buffer_of("a")
    buffer.finish()
    assert buffer.read(0, NO_WAIT) == Entry(1, "a", 1)
    assert buffer.read(1, NO_WAIT) == End(None)


def test_the_first_end_stands() -> None:
    failure = ValueError("first")
    buffer = buffer_of()
    buffer.finish(failure)
    buffer.finish(ValueError("second"))
    assert buffer.read(0, NO_WAIT) == End(failure)


def test_released_entries_are_gone_and_later_ones_stay() -> None:
    buffer = buffer_of("a", "b", "c")
    buffer.release(2)
    buffer.release(1)
    assert buffer.read(2, NO_WAIT) == Entry(3, "c", 1)
    with pytest.raises(PositionNotAvailable):
        buffer.read(1, NO_WAIT)


def test_releasing_what_never_was_changes_nothing() -> None:
    buffer = buffer_of("a")
    buffer.release(7)
    buffer.append("b", 1)
    assert buffer.read(1, NO_WAIT) == Entry(2, "b", 1)


def test_the_oldest_sent_entries_go_when_too_many_are_kept() -> None:
    buffer = buffer_of("aaaa", "bbbb", "cccc", kept=8)
    buffer.mark_sent(2)
    assert buffer.read(0, NO_WAIT) == Entry(1, "aaaa", 4)
    buffer.mark_sent(3)
    with pytest.raises(PositionNotAvailable):
        buffer.read(0, NO_WAIT)
    assert buffer.read(1, NO_WAIT) == Entry(2, "bbbb", 4)


def test_an_entry_larger_than_the_bound_fits_an_empty_buffer() -> None:
    assert buffer_of("a" * 50, ahead=10).read(0, NO_WAIT) == Entry(1, "a" * 50, 50)


def test_the_producer_waits_until_the_reader_has_caught_up() -> None:
    buffer = buffer_of("aaaa", ahead=4)
    producer = threading.Thread(target=buffer.append, args=("bbbb", 4))
    producer.start()
    assert buffer.read(1, NO_WAIT) is None
    buffer.mark_sent(1)
    producer.join()
    assert buffer.read(1, NO_WAIT) == Entry(2, "bbbb", 4)


def test_an_extra_entry_is_left_out_when_there_is_no_room_or_it_is_over() -> None:
    buffer = buffer_of("aaaa", ahead=4)
    buffer.try_append("b", 1)
    buffer.finish()
    buffer.mark_sent(1)
    buffer.try_append("b", 1)
    assert buffer.read(1, NO_WAIT) == End(None)


def test_interrupting_ends_at_once_and_stops_the_producer() -> None:
    failure = ValueError("interrupted")
    buffer = buffer_of("a", "b", "c")
    buffer.mark_sent(1)
    buffer.interrupt(failure)
    assert buffer.read(0, NO_WAIT) == Entry(1, "a", 1)
    assert buffer.read(1, NO_WAIT) == End(failure)
    assert buffer.read(3, NO_WAIT) == End(failure)
    with pytest.raises(BufferClosed):
        buffer.append("d", 1)


def test_interrupting_frees_a_waiting_producer() -> None:
    buffer = buffer_of("aaaa", ahead=4)
    raised: list[BaseException] = []

    def produce() -> None:
        try:
            buffer.append("bbbb", 4)
        except BufferClosed as error:
            raised.append(error)

    producer = threading.Thread(target=produce)
    producer.start()
    buffer.interrupt(ValueError("interrupted"))
    producer.join()
    assert [type(error) for error in raised] == [BufferClosed]
