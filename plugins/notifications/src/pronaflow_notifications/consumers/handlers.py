"""Handler types: what can be done with an event, by name; the built-in ones and those of other plugins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pronaflow_kernel.api import Context, Event, Problem, Reader, Schema, ValidationFailed, invalid, load

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True)
class Handling:
    """An event that a handler is to do something with.

    Arguments:
        key: the same at each attempt; whoever is called twice knows by it.
        event: as subscribers get it.
        summary: what happened, in an English sentence.
        config: as the schema of the handler type loaded it.
        consumer_id: of the event consumer.
        attempt: 1 for the first.
        cloud_event: the event as a CloudEvent, for other programs.
    """

    key: str
    event: Event
    summary: str
    config: Mapping[str, Any]
    consumer_id: str
    attempt: int
    cloud_event: Mapping[str, Any]


def _no_check(_reader: Reader, _config: Mapping[str, Any]) -> None:
    """Whatever the schema takes is well."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A kind of thing that is done with events; the arguments are those of `provide_event_handlers`.

    Arguments:
        owner: id of the plugin it belongs to; None for the built-in ones.
    """

    name: str
    handle: Callable[[Reader, Handling], object]
    config: type[Schema] = Schema
    summary: str = ""
    check: Callable[[Reader, Mapping[str, Any]], object] = _no_check
    owner: str | None = None


class Handlers:
    """All handler types.

    Arguments:
        own: the built-in ones.
        ctx: of the plugin.
    """

    def __init__(self, own: Iterable[Handler], ctx: Context) -> None:
        self._by_name = {handler.name: handler for handler in own}
        self._hooks = ctx.hooks

    def take(self) -> None:
        """Take those of other plugins, once all are set up.

        Raises:
            UnfitAnswer: one of them is no handler type; its plugin fails.
        """
        self._hooks.take("provide_event_handlers", self._enter)

    def find(self, name: str, workspace_id: str | None) -> Handler | None:
        """The handler type of a name; None where there is none, or its plugin is off in the workspace."""
        found = self._by_name.get(name)
        if found is None or found.owner is None or self._hooks.is_on(found.owner, workspace_id):
            return found
        return None

    def known(self, name: str, workspace_id: str | None) -> Handler:
        """The same.

        Raises:
            ValidationFailed: there is none; it names those that there are.
        """
        found = self.find(name, workspace_id)
        if found is None:
            names = ", ".join(sorted(each for each in self._by_name if self.find(each, workspace_id)))
            raise invalid("handler_type", f"Must be one of: {names}.", "unknown_handler_type")
        return found

    def checked(self, handler: Handler, reader: Reader, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration that a handler type takes, as it is stored.

        Raises:
            ValidationFailed: it does not, with every fault below `config`.
        """
        schema = handler.config()
        try:
            loaded = load(schema, config)
            self.call(handler, "check of", handler.check, reader, loaded)
        except ValidationFailed as error:
            raise ValidationFailed(
                [Problem(f"config.{each.field}", each.message, each.code) for each in error.problems]
            ) from error
        return dict(schema.dump(loaded))

    def run(self, handler: Handler, reader: Reader, handling: Handling) -> None:
        """Do it; what it raises goes on."""
        self.call(handler, "event handler", handler.handle, reader, handling)

    def call(self, handler: Handler, what: str, function: Callable[..., object], *arguments: Any) -> None:
        """Run a function of a handler type, as its plugin."""
        if handler.owner is None:
            function(*arguments)
        else:
            self._hooks.call(handler.owner, f"{what} {handler.name}", function, *arguments)

    def _enter(self, owner: str, answer: Iterable[Mapping[str, Any]]) -> None:
        for given in answer:
            handler: Any = Handler(**given, owner=owner)
            if not _NAME.fullmatch(handler.name):
                raise ValueError(
                    f"the name of a handler type is one word in lower case, not {handler.name!r}"
                )
            if handler.name in self._by_name:
                raise ValueError(f"there is a handler type {handler.name} already")
            if not (callable(handler.handle) and callable(handler.check)):
                raise TypeError(f"`handle` and `check` of the handler type {handler.name} are functions")
            if not (isinstance(handler.config, type) and issubclass(handler.config, Schema)):
                raise TypeError(f"`config` of the handler type {handler.name} is a class of Schema")
            self._by_name[handler.name] = handler
