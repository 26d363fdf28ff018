"""Tests of the watching ends of a process's pipes."""

from __future__ import annotations

import multiprocessing

from sloplan.study.supervised_pipes import Closed, Heard, Messages
from sloplan.study.supervision import _within


def test_messages_in_their_order_and_their_end() -> None:
    """What was sent comes out in order, then that the pipe is closed; what is no pickle ends it, and is named."""
    for garbage in (b"", b"no pickle"):
        receiving, sending = multiprocessing.Pipe(duplex=False)
        messages = Messages(receiving)
        assert messages.next(0.0) is None
        sending.send("one")
        sending.send(2)
        if garbage:
            sending.send_bytes(garbage)
        sending.close()
        heard = [messages.next(60.0) for _ in range(3)]
        assert [item.message for item in heard if isinstance(item, Heard)] == ["one", 2]
        assert isinstance(heard[2], Closed)
        assert (heard[2].why is None) == (garbage == b"")


def test_a_moment_is_believed_as_far_as_it_agrees_with_when_it_was_heard() -> None:
    """A process may say when it sent a message while the harness was busy, not more."""
    heard = Heard(None, earliest=10.0, latest=13.0)
    assert [_within(heard, at) for at in (9.0, 10.5, 14.0)] == [10.0, 10.5, 13.0]
