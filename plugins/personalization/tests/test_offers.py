"""Themes, languages and audits that other plugins bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.zoo import Animal
from pronaflow_personalization.themes import made, ratio

PATH = "/api/v1/preferences"
THEMES = """\
from pronaflow_kernel import api


class Plugin(api.Plugin):
    @api.hookimpl
    def provide_themes(self):
        return {"solarized": {"name": "Solarized", "base": "light", "colors": %s}}

    @api.hookimpl
    def provide_languages(self):
        return {"de-DE": {"name": "German", "native_name": "Deutsch", "date_format": "DD/MM/YYYY"}}
"""
DECLARES = """
    requires = { personalization = ">=0" }
    hooks = ["personalization:provide_themes", "personalization:provide_languages"]
"""
PAINTER = Animal(
    "painter",
    "Nothing: it brings a theme and a language.",
    state="ready",
    declares=DECLARES,
    plugin=THEMES % '{"primary": "#268bd2", "secondary": "#eee8d5", "text": "#073642"}',
)
DAUBER = Animal(
    "dauber",
    "Its theme cannot be read.",
    state="failed",
    declares=DECLARES,
    plugin=THEMES % '{"primary": "#268bd2", "secondary": "#eee8d5", "text": "#dddddd"}',
)
AUDITOR = Animal(
    "auditor",
    "Nothing: it has measured the pages.",
    state="ready",
    declares='requires = { personalization = ">=0" }',
    plugin="""\
from datetime import UTC, datetime

from pronaflow_kernel import api
from pronaflow_personalization.api import AccessibilityAudits, Audit


class Audits:
    def latest(self, reader):
        return Audit("AA", "WCAG 2.1", datetime(2026, 1, 2, tzinfo=UTC))


class Plugin(api.Plugin):
    @api.hookimpl
    def provide_services(self):
        return {AccessibilityAudits: Audits()}
""",
)


@pytest.fixture
def painted(new_world: Callable[..., World], zoo: Callable[..., Any]) -> World:
    return new_world(candidates=zoo(PAINTER, installed=True), plugins=["painter", "workspaces"])


def test_what_a_plugin_brings_can_be_chosen(painted: World) -> None:
    person = painted.person()

    theme = person.get(f"{PATH}/themes").data[-1]
    assert (theme["id"], theme["provider"], theme["contrast"]["level"]) == ("solarized", "painter", "AAA")
    assert theme["colors"]["background"] == "#FFFFFF"
    assert person.get(f"{PATH}/languages").data[-1]["code"] == "de-DE"

    after = person.patch(PATH, {"theme": "solarized", "language": "de"}).data
    assert (after["theme"], after["language"], after["date_format"]) == ("solarized", "de-DE", "DD/MM/YYYY")


def test_a_choice_falls_back_while_its_plugin_is_off_and_comes_back_with_it(painted: World) -> None:
    person = painted.person()
    person.patch(PATH, {"theme": "solarized", "language": "de-DE", "font_size": "large"})

    painted.kernel.switches.set("painter", False)
    away = person.get(PATH).data
    assert (away["theme"], away["language"], away["font_size"]) == ("system", "en-US", "large")
    assert away["sources"]["theme"] == "system"
    assert person.patch(PATH, {"theme": "solarized"}).faults == {"theme"}
    assert person.patch(PATH, {"font_size": "small"}).status == 200

    painted.kernel.switches.set("painter", True)
    back = person.get(PATH).data
    assert (back["theme"], back["language"]) == ("solarized", "de-DE")


def test_a_theme_that_cannot_be_read_takes_its_plugin_out_and_no_other(
    new_world: Callable[..., World], zoo: Callable[..., Any]
) -> None:
    world = new_world(candidates=zoo(DAUBER, installed=True), plugins=["dauber"])

    state = world.kernel.state("dauber")
    assert state.state == "failed"
    assert "contrast" in str(state.reason)
    assert [each["id"] for each in world.person().get(f"{PATH}/themes").data] == ["light", "dark"]


def test_the_level_is_that_of_the_last_audit(
    new_world: Callable[..., World], zoo: Callable[..., Any]
) -> None:
    world = new_world(candidates=zoo(AUDITOR, installed=True), plugins=["auditor"])

    assert world.person().get(f"{PATH}/accessibility/wcag-level").data == {
        "current_level": "AA",
        "available_levels": ["A", "AA", "AAA"],
        "description": "WCAG 2.1 Level AA compliant",
        "measured_at": "2026-01-02T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [("#000000", "#FFFFFF", 21.0), ("#777777", "#FFFFFF", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_measured_as_wcag_says(one: str, other: str, contrast: float) -> None:
    assert round(ratio(one, other), 2) == round(ratio(other, one), 2) == contrast


@pytest.mark.parametrize(
    ("theme_id", "given", "words"),
    [
        ("system", {}, "no id of a theme"),
        ("Neon!", {}, "no id of a theme"),
        ("neon", {}, "needs a name"),
        ("neon", {"name": "Neon", "base": "grey"}, "has the base"),
        ("neon", {"name": "Neon", "colors": {"primary": "#000000"}}, "primary and secondary"),
        ("neon", {"name": "Neon", "colors": {"primary": "red", "secondary": "#000000"}}, "primary"),
    ],
)
def test_what_is_no_theme_is_told_in_words(theme_id: str, given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made(theme_id, given)
