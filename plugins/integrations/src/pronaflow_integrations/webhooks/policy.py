"""When a delivery is tried again, and when an endpoint is left alone (events.md 3.4); pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

POLICIES = ("exponential", "linear", "fixed", "none")

MOST_RETRIES = 15

_STEPS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each retry of `exponential`; the last holds for all further ones."""

_MINUTES_5 = 300

SPREAD = 0.2
"""Waits vary by a fifth, so that what failed together does not come together."""

BURST = 5
"""Failures in a row after which the circuit opens."""

_LONGEST_OPEN = 1_800
_AFTER = (5, 3_600)
"""Seconds: the least and the most that a `Retry-After` is taken for."""

BUSY = frozenset({429, 502, 503, 504})
"""Answers that speak of the whole endpoint rather than of one message."""

GIVE_UP_AFTER = timedelta(days=5)
"""An endpoint where nothing but failures happened for so long is switched off."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Arguments:
        status: of the answer, None where there was none.
        error: in words, None for a success.
        milliseconds: from the start to the answer.
        head: the first bytes of the answer as text.
        retry_after: seconds that the receiver asked for.
    """

    status: int | None
    error: str | None
    milliseconds: int
    head: str = ""
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.error is None


def wait(policy: str, failures: int, chance: float) -> float:
    """Seconds until a delivery that has failed is tried again.

    Arguments:
        policy: one of `POLICIES` but `none`.
        failures: of this delivery so far, at least 1.
        chance: drawn evenly from 0 to 1.
    """
    plain = {
        "exponential": _STEPS[min(failures, len(_STEPS)) - 1],
        "linear": _MINUTES_5 * failures,
        "fixed": _MINUTES_5,
    }[policy]
    return plain * (1 - SPREAD + 2 * SPREAD * chance)


def retries(policy: str, most: int) -> int:
    """How often a failed delivery is tried again."""
    return 0 if policy == "none" else most


def health_after(webhook: Mapping[str, Any], outcomes: list[Outcome], now: datetime) -> dict[str, Any]:
    """The columns of an endpoint that some attempts change, in their order.

    After `BURST` failures in a row the circuit opens for one minute, then two, four, up to thirty; while it
    is open nothing is tried and no attempt is counted. A receiver that says when it will be back is left
    alone until then. One success makes everything well.
    """
    state = {name: webhook[name] for name in ("consecutive_failures", "first_failure_at", "open_until")}
    for each in outcomes:
        if each.delivered:
            state = {"consecutive_failures": 0, "first_failure_at": None, "open_until": None}
            state["last_success_at"] = now
            continue
        count = state["consecutive_failures"] + 1
        state |= {"consecutive_failures": count, "first_failure_at": state["first_failure_at"] or now}
        pause = _pause(each, count)
        if pause:
            until = now + timedelta(seconds=pause)
            state["open_until"] = max(until, state["open_until"] or until)
    return state


def _pause(outcome: Outcome, failures: int) -> float:
    """Seconds for which nothing more is sent to the endpoint; 0 where it goes on."""
    if outcome.status in BUSY and outcome.retry_after is not None:
        least, most = _AFTER
        return min(max(outcome.retry_after, least), most)
    return 0 if failures < BURST else min(60 * 2.0 ** min(failures - BURST, 10), _LONGEST_OPEN)


def seconds_asked(header: str | None, now: datetime) -> float | None:
    """What a `Retry-After` asks for (RFC 9110 10.2.3): seconds, or a date; None where it makes no sense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
