"""What notifications ask of the other plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import hookspec


@hookspec
def provide_notification_types() -> Sequence[Mapping[str, Any]]:  # type: ignore[empty-body]
    """What people are told of, and who.

    Plain mappings, checked when the server is put together. Where two of one event reach the same person, the
    first one of the highest priority tells, with the reasons of all:

    - `type`: `task_assigned`. Several of one plugin may have one name, if they differ in their events.
    - `event`: type of the event that it comes from.
    - `title`, `message`: English texts, looked up in the plugin's catalogue. Their {names} are `values`, else
      keys of the payload; `actor` is always there, the name of who did it.
    - `recipients`: `(reader, event) -> {user_id: reason}`, for all in a few statements. Who may not see the
      event's container, and who did it, are left out by themselves.
    - `priority`: `high` is told each time; several `medium` or `low` ones about one thing become one.
    - `reasons`: an English sentence for each reason: `{"assignee": "You work on this task."}`.
    - `values`: `(reader, event) -> {name: text}`; never names of people.
    - `about`: key of the payload that tells what it is about; the event's aggregate unless given.
    - `action_url`: path in the application with {keys} of the payload.
    - `preference`: the switch that mails of it obey.
    - `critical`: obeys no preferences, and is told to who did it too, for it may not have been them.
    - `outsiders`: reaches people who are not in the workspace, too.
    - `in_app_only`: goes out by no other channel, since somebody mails of it already.
    - `summary`: when it comes, in a sentence.

    The first six are needed.
    - `useless_after_minutes`: what could not be sent by then is dropped. Nothing is unless given.
    """


@hookspec
def provide_channels() -> Sequence[Mapping[str, Any]]:  # type: ignore[empty-body]
    """Further ways to reach people outside of the application.

    Plain mappings, held to `delivery.channels.Channel` when the server is put together:

    - `name`: one word, as preferences and mutes name it.
    - `reaches`: `(reader, user_ids) -> user_ids`, whom of these people it can reach, in a statement or two.
    - `send`: `(reader, parcel)` hands one parcel (`delivery.channels.Parcel`, plain data) over. Nothing is
      open meanwhile, and a parcel whose end is in doubt comes again with the same `key`.
    - `classify_error`: `(error) -> "later" | "never" | "gone"`, what an error of `send` means: try again,
      give the parcel up, or give it up and forget where the person is reached. `later` unless given.
    - `transactional`: True where `send` gets the unit of work in which the parcel ends, and writes through
      that alone, so that it happens exactly once. False unless given.
    """


@hookspec
def provide_event_handlers() -> Sequence[Mapping[str, Any]]:  # type: ignore[empty-body]
    """Further things that event consumers can do with an event.

    Plain mappings, held to `consumers.handlers.Handler` when the server is put together:

    - `name`: one word, which consumers name as their `handler_type`.
    - `handle`: `(reader, handling)`, with `consumers.handlers.Handling`: `event`, `config`, `key`, `summary`,
      `cloud_event`, `attempt`. Nothing is open meanwhile. What it raises is a failure, tried again twice;
      `Retry` says when, `Discard` that it is of no use. The same event may come again with the same `key`.
    - `config`: class of the `Schema` that a `config` is held to; nothing may be said unless given.
    - `check`: `(reader, config)`, raises `ValidationFailed` where a configuration cannot be meant. Whoever it
      reaches must be a member of the workspace who is shown the event's container.
    - `summary`: what it does, in a few words.
    """
