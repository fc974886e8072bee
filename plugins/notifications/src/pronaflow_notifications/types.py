"""What people are told of: answers to `provide_notification_types`, checked, and found by their events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from string import Formatter
from typing import Any

from pronaflow_kernel.api import Context, Event, EventType, Reader

from .preferences.values import SWITCHES

PRIORITIES = ("high", "medium", "low")
"""What comes first comes first: `high` is told at once and by itself."""

Recipients = Callable[[Reader, Event], Mapping[str, str]]
Values = Callable[[Reader, Event], Mapping[str, str]]


class UnfitType(ValueError):
    """A notification type that cannot be taken; the message names every fault."""


@dataclass(frozen=True, slots=True)
class NotificationType:
    """A kind of notification; the arguments are those of `provide_notification_types`.

    Arguments:
        provider: id of the plugin whose it is.
        place: among all types of the server, which decides between types of one priority.
    """

    type: str
    event: str
    title: str
    message: str
    priority: str
    recipients: Recipients
    provider: str
    place: int = 0
    summary: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    values: Values | None = None
    about: str | None = None
    action_url: str | None = None
    preference: str | None = None
    critical: bool = False
    outsiders: bool = False
    in_app_only: bool = False
    useless_after_minutes: int | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller for what tells rather than others."""
        return PRIORITIES.index(self.priority), self.place

    @property
    def merges(self) -> bool:
        """Whether several about one thing become one; what is urgent is told each time."""
        return self.priority != "high" and not self.critical

    @property
    def names(self) -> frozenset[str]:
        """The names in its texts."""
        return names_in(self.title) | names_in(self.message)


_OWN = {"provider", "place"}
_KEYS = frozenset(each.name for each in fields(NotificationType)) - _OWN
_NEEDED = ("type", "event", "title", "message", "priority", "recipients")
_WORDS = ("type", "event", "title", "message", "priority")
_MAYBE_WORDS = ("summary", "about", "action_url", "preference")


class Types:
    """All types, by event and by name.

    Arguments:
        types: as `read` made them.

    """

    def __init__(self, types: Iterable[NotificationType] = ()) -> None:
        self.by_name: dict[str, NotificationType] = {}
        """One of each name; those of one name differ in their events and texts alone."""
        self._by_event: dict[str, list[NotificationType]] = {}
        for each in types:
            self.by_name.setdefault(each.type, each)
            self._by_event.setdefault(each.event, []).append(each)

    def of(self, event_type: str) -> list[NotificationType]:
        """What comes of an event."""
        return self._by_event.get(event_type, [])


def gathered(ctx: Context, event_types: Mapping[str, EventType]) -> list[NotificationType]:
    """The types of all plugins.

    Raises:
        UnfitAnswer: it names the plugin whose types cannot be taken.
    """
    known: list[NotificationType] = []

    def take(plugin_id: str, answer: Iterable[Any]) -> None:
        known.extend(read(plugin_id, answer, event_types, known))

    ctx.hooks.take("provide_notification_types", take)
    return known


def read(
    plugin_id: str,
    answer: Iterable[Any],
    event_types: Mapping[str, EventType],
    known: Iterable[NotificationType] = (),
) -> list[NotificationType]:
    """A plugin's types.

    Arguments:
        answer: to `provide_notification_types`.
        event_types: all that somebody publishes.
        known: the types before these.

    Raises:
        UnfitType: with every fault in words.
    """
    owners = {each.type: each.provider for each in known}
    found: list[NotificationType] = []
    faults: list[str] = []
    for number, each in enumerate(answer):
        problems = _faults(each, event_types)
        name = str(each.get("type", number)) if isinstance(each, Mapping) else str(number)
        if name in owners:
            problems.append(f"is a type of {owners[name]} already")
        if any((one.type, one.event) == (name, each.get("event")) for one in found):
            problems.append(f"comes twice from {each['event']}")
        faults += [f"notification type {name} {problem}" for problem in problems]
        if not problems:
            found.append(NotificationType(**each, provider=plugin_id, place=len(owners) + number))
    if faults:
        raise UnfitType("; ".join(faults))
    return found


def names_in(text: str) -> frozenset[str]:
    """The {names} in a text.

    Raises:
        ValueError: its braces do not pair.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _faults(given: Any, event_types: Mapping[str, EventType]) -> list[str]:
    """What is wrong with one mapping, a sentence each."""
    if not isinstance(given, Mapping):
        return [f"is no mapping but {type(given).__name__}"]
    found = [f"lacks {name}" for name in _NEEDED if name not in given]
    found += [f"has {name!r}, which is no key of a type" for name in sorted(given.keys() - _KEYS)]
    found += [f"needs text for {name}" for name in _WORDS if not isinstance(given.get(name, ""), str)]
    maybe = [name for name in _MAYBE_WORDS if not isinstance(given.get(name), str | None)]
    found += [f"needs text or None for {name}" for name in maybe]
    functions = [name for name in ("recipients", "values") if not _callable(given, name)]
    found += [f"needs a function for {name}" for name in functions]
    if not isinstance(given.get("useless_after_minutes"), int | None):
        found.append("useless_after_minutes must be a number or None")
    if not isinstance(given.get("reasons", {}), Mapping):
        found.append("needs a mapping for reasons")
    return found or _deeper(given, event_types)


def _callable(given: Mapping[str, Any], name: str) -> bool:
    found = given.get(name)
    return callable(found) or (name == "values" and found is None)


def _deeper(given: Mapping[str, Any], event_types: Mapping[str, EventType]) -> list[str]:
    """What is wrong with a mapping whose parts are of the right kinds."""
    found = []
    if given["priority"] not in PRIORITIES:
        found.append(f"needs a priority of {', '.join(PRIORITIES)}, not {given['priority']!r}")
    if given.get("preference") not in (None, *SWITCHES):
        found.append(f"needs a preference of {', '.join(SWITCHES)} or None, not {given['preference']!r}")
    event_type = event_types.get(given["event"])
    if event_type is None:
        return [*found, f"comes from {given['event']!r}, which nobody publishes"]
    payload = frozenset(event_type.payload._declared_fields)
    if given.get("about") is not None and given["about"] not in payload:
        found.append(f"is about {given['about']!r}, which {given['event']} does not carry")
    known = {"title": payload | {"actor"}, "message": payload | {"actor"}, "action_url": payload}
    for name, allowed in known.items():
        try:
            strange = names_in(given.get(name) or "") - allowed
        except ValueError as error:
            found.append(f"has a {name} that cannot be read: {error}")
            continue
        if strange and (name == "action_url" or given.get("values") is None):
            words = ", ".join(sorted(strange))
            found.append(f"names {words} in {name}, which {given['event']} does not carry")
    return found
