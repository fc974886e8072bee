"""Connections whose time is up are cut, each at its own time."""

from __future__ import annotations

import socket

from pronaflow_kernel.egress.deadline import Watch

PATIENCE = 20.0


def test_a_short_time_ends_before_a_longer_one_that_began_earlier() -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    with ours, theirs, Watch(PATIENCE * 3) as long, Watch(0.01) as short:
        short.hold(ours)
        assert theirs.recv(1) == b""
        assert (short.expired, long.expired) == (True, False)


def test_who_is_done_in_time_is_not_cut() -> None:
    ours, theirs = socket.socketpair()
    other, end = socket.socketpair()
    end.settimeout(PATIENCE)
    with ours, theirs, other, end:
        with Watch(0.01) as done:
            done.hold(ours)
        with Watch(0.02) as later:
            later.hold(other)
            assert end.recv(1) == b""  # by now the time of the first one is up, too
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_what_is_held_too_late_is_cut_at_once() -> None:
    first, second = socket.socketpair(), socket.socketpair()
    for each in (first[1], second[1]):
        each.settimeout(PATIENCE)
    with first[0], first[1], second[0], second[1], Watch(-1) as watch:
        watch.hold(first[0])
        assert first[1].recv(1) == b""
        watch.hold(second[0])
        assert second[1].recv(1) == b""
