"""The ways out: what a channel is, the built-in ones and those of other plugins."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pronaflow_kernel.api import Context, Reader, UnitOfWork

IN_APP = "in_app"
"""The application itself: a notification's row is its delivery there, so that nothing is dispatched."""

Verdict = Literal["later", "never", "gone"]
"""What an error means: try again, give this up, or give up and forget where the person is reached."""

Parcel = Mapping[str, Any]
"""What is sent to one person at once, as plain data.

`key`: the same at each attempt. `user_id`, `language`. `title`: one line over all of it. `digest`: whether it
was gathered. `items`: mappings with `notification_id, type, title, message, url, priority, reason, project,
workspace_id, about_id, preference, created_at`; `more`: how many were left out.
"""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def _later(_error: Exception) -> Verdict:
    return "later"


@dataclass(frozen=True)
class Channel:
    """A way to reach people outside of the application.

    Arguments:
        name: as preferences and mutes name it.
        send: `(reader, parcel)` hands over; with `transactional` it is called in the unit of work in which
            the dispatches end and may write through it alone (`ctx.mail`), so that it happens exactly once.
            Else it is called with nothing open, and again with the same `key` where its end is in doubt.
        reaches: `(reader, user_ids)` tells which of these people it can reach, in one statement or two.
        classify_error: what an error that `send` raised means.
        transactional: see `send`.
        owner: id of the plugin it belongs to; None for the built-in ones.
    """

    name: str
    send: Callable[[Any, Parcel], object]
    reaches: Callable[[Reader, Collection[str]], Collection[str]]
    classify_error: Callable[[Exception], Verdict] = _later
    transactional: bool = False
    owner: str | None = None


class Channels:
    """All channels, by name.

    Arguments:
        own: the built-in ones.
    """

    def __init__(self, own: Iterable[Channel]) -> None:
        self.by_name = {channel.name: channel for channel in own}

    def take(self, ctx: Context) -> None:
        """Take those of other plugins, once all are set up.

        Raises:
            UnfitAnswer: one of them is no channel; its plugin fails.
        """
        ctx.hooks.take("provide_channels", self._enter)

    def on(self, uow: UnitOfWork) -> list[Channel]:
        """Those whose plugin is on in the workspace of a unit of work."""
        return [channel for channel in self.by_name.values() if self.is_on(uow, channel)]

    @staticmethod
    def is_on(uow: UnitOfWork, channel: Channel) -> bool:
        """Whether the plugin of a channel is on in the workspace of a unit of work."""
        workspace_id = uow.scope.workspace_id
        return channel.owner is None or workspace_id is None or uow.is_on(channel.owner, workspace_id)

    def _enter(self, owner: str, answer: Iterable[Mapping[str, Any]]) -> None:
        for given in answer:
            if absent := [name for name in ("send", "reaches") if not callable(given.get(name))]:
                raise TypeError(f"{' and '.join(absent)} of a channel are functions")
            channel = Channel(**given, owner=owner)
            if not _NAME.fullmatch(channel.name):
                raise ValueError(f"the name of a channel is one word in lower case, not {channel.name!r}")
            if channel.name in self.by_name or channel.name == IN_APP:
                raise ValueError(f"there is a channel {channel.name} already")
            self.by_name[channel.name] = channel
