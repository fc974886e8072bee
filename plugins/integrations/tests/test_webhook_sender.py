"""How much of the sender's threads one endpoint may take, and how long a sender claims."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_integrations.webhooks.sender import crowded, is_over


def row(**values: Any) -> dict[str, Any]:
    """A delivery of the webhook `w`, as the sender claims it."""
    return {
        "webhook_id": "w",
        "max_concurrency": 4,
        "ordered": False,
        "consecutive_failures": 0,
        **values,
    }


@pytest.mark.parametrize(
    ("ages", "values", "enough"),
    [
        ([0.2] * 3, {}, False),
        ([0.2] * 4, {}, True),
        ([0.2, 1.0], {}, True),
        ([30.0], {}, True),
        ([0.2], {"ordered": True}, True),
        ([0.2], {"consecutive_failures": 5}, True),
        ([0.2], {"consecutive_failures": 4}, False),
    ],
    ids=["room", "full", "one waits", "one is silent", "in order", "failing", "has failed a little"],
)
def test_who_waits_already_gets_no_further_request(
    ages: list[float], values: dict[str, Any], enough: bool
) -> None:
    """So that each silent endpoint holds what it was sent within a second, however long its timeout is."""
    now = 1_000.0
    flying = [(row(**values), now - age) for age in ages]
    assert crowded(flying, now) == ({"w"} if enough else set())


def test_others_are_sent_to_meanwhile() -> None:
    flying = [(row(), 0.0), (row(webhook_id="quick"), 29.9)]
    assert crowded(flying, 30.0) == {"w"}


@pytest.mark.parametrize(
    ("ages", "since", "over"),
    [
        ([], 19.9, False),
        ([], 20.0, True),
        ([0.9, 0.1], 20.0, True),
        ([1.0, 0.1], 20.0, False),
        ([5.0], 59.9, False),
        ([5.0], 60.0, True),
    ],
    ids=["in its spell", "spell over", "quick ones come", "one is silent", "still silent", "long enough"],
)
def test_a_sender_that_has_to_wait_goes_on_for_the_others(
    ages: list[float], since: float, over: bool
) -> None:
    """A server has few threads: were all of them senders that only wait, nobody would be sent anything."""
    now = 1_000.0
    assert is_over(now - since, [(row(), now - age) for age in ages], now) is over
