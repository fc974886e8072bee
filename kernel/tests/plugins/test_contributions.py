"""What a plugin brings is looked at before anything of it is used."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.contributions import contributed
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.health import HealthCheck
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.lifecycle import PluginFault


class Answering:
    """Hooks that give one answer to whatever they are asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def provide(self, plugin_id: str, name: str) -> Any:
        return self.answer


def _yields(*_: Any) -> Any:
    yield


async def _waits(*_: Any) -> None: ...


@pytest.mark.parametrize(
    ("kind", "thing", "words"),
    [
        ("subscribers", Subscriber("ear", ("task.*",), _yields), "subscriber ear is a generator"),
        ("subscribers", Subscriber("ear", ("task.*",), _waits), "subscriber ear is `async`"),  # type: ignore[arg-type]
        ("health_checks", HealthCheck("pulse", _yields), "health check pulse is a generator"),
    ],
)
def test_what_would_never_run_is_refused(kind: str, thing: Any, words: str) -> None:
    hooks: Any = Answering([thing])
    with pytest.raises(PluginFault, match=words):
        contributed(hooks, "late", Plugin(), kind)
