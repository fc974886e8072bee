"""What there is to choose from at this moment: what this plugin brings, and what others bring that are on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

from pronaflow_kernel.api import Context, Problem, timezones

from . import languages, themes
from .languages import Language
from .themes import Theme
from .values import SYSTEM_THEME


class _Provided(Protocol):
    @property
    def provider(self) -> str | None: ...


T = TypeVar("T", bound=_Provided)


class Offers:
    """Themes, languages and time zones.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks
        self._themes: dict[str, Theme] = {each.id: each for each in themes.BUILT_IN}
        self._languages: dict[str, Language] = {each.code: each for each in languages.BUILT_IN}

    def collect(self) -> None:
        """Take what the other plugins bring, once all are there.

        Raises:
            UnfitAnswer: it is not as `hookspecs` says; the plugin that brings it fails.
        """
        self._hooks.take("provide_themes", _taker(self._themes, themes.made))
        self._hooks.take("provide_languages", _taker(self._languages, languages.made))

    def themes(self) -> dict[str, Theme]:
        """By id, first those of this plugin."""
        return self._offered(self._themes)

    def languages(self) -> dict[str, Language]:
        """By tag, first those of the server."""
        return self._offered(self._languages)

    def language(self, code: str) -> str | None:
        """The tag that somebody means: whatever its case, and `vi` for `vi-VN`; None where there is none."""
        offered = list(self.languages())
        wanted = code.strip().replace("_", "-").lower()
        exact = [tag for tag in offered if tag.lower() == wanted]
        return next(iter([*exact, *(tag for tag in offered if tag.partition("-")[0] == wanted)]), None)

    def _offered(self, known: Mapping[str, T]) -> dict[str, T]:
        """Those of plugins that are on."""
        return {
            key: each
            for key, each in known.items()
            if each.provider is None or self._hooks.is_on(each.provider, None)
        }

    def check(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Values as they are stored, and what is wrong with those that cannot be chosen."""
        checked, problems = dict(values), []
        if (theme := values.get("theme")) is not None:
            offered = [SYSTEM_THEME, *self.themes()]
            if theme not in offered:
                problems.append(Problem("theme", f"Must be one of: {', '.join(offered)}."))
        if (code := values.get("language")) is not None:
            checked["language"] = self.language(code)
            if checked["language"] is None:
                problems.append(Problem("language", f"Must be one of: {', '.join(self.languages())}."))
        if (zone := values.get("timezone")) is not None and zone not in timezones():
            problems.append(_no_zone(zone))
        return checked, problems


def _no_zone(zone: str) -> Problem:
    close = get_close_matches(zone, sorted(timezones()), n=3, cutoff=0.7)
    zones = ", ".join(close or ["Europe/Berlin"])
    words = f"Must be one of the time zones that GET /preferences/timezones lists, such as {zones}."
    return Problem("timezone", words)


def _taker(
    known: dict[str, T], make: Callable[[str, Mapping[str, Any], str | None], T]
) -> Callable[[str, Any], None]:
    def take(plugin_id: str, answer: Any) -> None:
        if not isinstance(answer, Mapping):
            raise ValueError("answer a mapping")
        found = {key: make(key, given, plugin_id) for key, given in answer.items()}
        if taken := sorted(key for key in found if key in known and known[key].provider != plugin_id):
            raise ValueError(f"there is {', '.join(taken)} already")
        known.update(found)

    return take
