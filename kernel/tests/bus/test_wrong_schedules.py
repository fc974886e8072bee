"""Schedules that cannot be: their plugin is told so at the start, not when they fall due."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import fields

from pronaflow_kernel.api import JobType, Plugin, Schedule, Schema
from pronaflow_kernel.contributions import contributed
from pronaflow_kernel.plugins.lifecycle import PluginFault


class Loud(Schema):
    loud = fields.Boolean(required=True)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (
            JobType("ring", print, schedules=(Schedule("61 * * * *"),)),
            "the schedule of the job ring: The minute in '61 * * * *' cannot be read, or never comes.",
        ),
        (
            JobType("ring", print, schedules=(Schedule("0 * * * *", "Nowhere"),)),
            "the schedule of the job ring: 'Nowhere' is no time zone of the IANA database, "
            "such as Europe/Berlin.",
        ),
        (
            JobType("ring", print, args=Loud, schedules=(Schedule("0 * * * *"),)),
            "the schedule of the job ring: Its arguments are not those of the job: "
            "{'loud': ['Missing data for required field.']}.",
        ),
    ],
    ids=["cron", "zone", "args"],
)
def test_a_wrong_schedule_fails_its_plugin_at_the_start(job: JobType, words: str) -> None:
    class Hooks:
        def provide(self, plugin_id: str, name: str) -> Any:
            return [job]

    with pytest.raises(PluginFault) as fault:
        contributed(Hooks(), "ringer", Plugin(), "jobs")  # type: ignore[arg-type]
    assert str(fault.value) == words
