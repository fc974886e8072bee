"""What a plugin may learn of the request at hand."""

from __future__ import annotations

import pytest

from pronaflow_kernel.api import RateLimit, standing_of, when_answered
from pronaflow_kernel.web.at_hand import Answered


def test_outside_of_a_request_there_is_nothing_to_learn():
    heard = []
    when_answered(heard.append)
    assert heard == []
    assert standing_of(RateLimit(10, "free", "workspace:1")) is None


@pytest.fixture
def listening(world):
    """Has a function told of all requests that follow."""
    before = world.app.before_request_funcs[None]

    def listen(note):
        before.append(lambda: when_answered(note))

    known = list(before)
    yield listen
    before[:] = known


def test_who_asks_hears_how_it_was_answered(ann, listening):
    heard = []
    listening(heard.append)
    ann.get("/api/v1/auth/me")
    ann.get("/api/v1/jobs/01a00000-0000-7000-8000-000000000000")
    ann.get("/api/v1/nowhere")
    assert heard == [
        Answered("GET", "/api/v1/auth/me", 200),
        Answered("GET", "/api/v1/jobs/{job_id}", 404),
        Answered("GET", "(none)", 404),
    ]


def test_a_listener_that_fails_changes_no_answer(ann, listening, caplog):
    def fail(_answered):
        raise RuntimeError("sabotage")

    listening(fail)
    assert ann.get("/api/v1/auth/me").status == 200
    assert "sabotage" in caplog.text
