"""The checker of all other tests here finds what is lost, doubled, reordered or left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .records import ONCE, Record, Told

TRACKS = ["a", "b"]


def sound(count: int = 200) -> Record:
    """A record in which nothing is wrong."""
    events = [Told(n, f"e{n}", TRACKS[n % 2], f"m{n}", (n + 1) // 2) for n in range(1, count + 1)]
    ids = [event.id for event in events]
    return Record(
        acknowledged=[event.mark_id for event in events],
        marks=[event.mark_id for event in events],
        events=events,
        positions=list(range(1, count + 1)),
        effects={subscriber: list(ids) for subscriber in (*ONCE, "fragile")},
        calls=[(event.id, event.mark_id) for event in events],
        waiting=0,
    )


def swap(values: list[str], one: int, other: int) -> None:
    values[one], values[other] = values[other], values[one]


def call_again(record: Record, count: int) -> None:
    record.calls += record.calls[:count]


def test_nothing_is_wrong_where_nothing_is() -> None:
    assert sound().problems() == []


HARM: dict[str, tuple[Callable[[Record], object], str]] = {
    "a lost row": (lambda r: r.marks.remove("m7"), "acknowledged and not stored: m7"),
    "a row without its event": (lambda r: r.events.pop(6), "stored without an event: m7"),
    "an event without its row": (
        lambda r: (r.marks.remove("m7"), r.acknowledged.remove("m7")),
        "told without a row: m7",
    ),
    "an event told twice": (lambda r: r.events.append(r.events[6]), "told twice: m7"),
    "an event without a position": (lambda r: r.positions.append(None), "1 events have no position"),
    "a gap": (lambda r: r.positions.remove(7), "the positions have a gap or stand twice"),
    "a position twice": (lambda r: r.positions.append(7), "the positions have a gap or stand twice"),
    "a lost effect": (lambda r: r.effects["unordered"].remove("e7"), "never done by unordered: e7"),
    "a doubled effect": (lambda r: r.effects["slow"].append("e7"), "done twice by slow: e7"),
    "an effect of nothing": (lambda r: r.effects["slow"].append("e0"), "done by slow for nothing: e0"),
    "an order not kept": (lambda r: swap(r.effects["ordered"], 4, 6), "out of order on b: 3 after 4"),
    "a batch out of order": (lambda r: swap(r.effects["batch"], 4, 5), "what was read in batches"),
    "positions that cross": (
        lambda r: r.events.__setitem__(6, Told(4, "e7", "b", "m7", 1)),
        "the positions of b are not in the order",
    ),
    "a lost call": (lambda r: r.calls.remove(("e7", "m7")), "never called for: e7"),
    "calls with another key": (lambda r: r.calls.append(("other", "m7")), "called for with two keys: m7"),
    "too many calls": (lambda r: call_again(r, 3), "3 calls of 203 were made twice, and 2 may be"),
    "a job that is left": (lambda r: setattr(r, "waiting", 1), "1 jobs are left"),
}


@pytest.mark.parametrize("harm", HARM)
def test_it_names(harm: str) -> None:
    record = sound()
    act, words = HARM[harm]
    act(record)
    assert any(words in problem for problem in record.problems()), record.problems()


def test_what_was_given_up_need_not_be_done_and_may_not() -> None:
    record = sound()
    record.dead.append(("faults.fragile", "e7", "why"))
    assert record.problems() == ["1 done by fragile for nothing: e7"]
    record.effects["fragile"].remove("e7")
    assert record.problems() == []


def test_a_kill_excuses_as_many_calls_as_were_being_made() -> None:
    record = sound(10)
    call_again(record, 2)
    assert record.problems(in_flight=2) == []
    assert record.problems(in_flight=1) != []
