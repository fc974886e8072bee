"""The built-in handler types: mail, notification, webhook, Slack, log.

What goes to people goes to members of the workspace alone, and of those to whoever is shown the container:
asked at each event, so that who leaves gets nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from marshmallow import fields, validate

from pronaflow_kernel.api import (
    Context,
    Discard,
    EgressRefused,
    EmailAddress,
    Id,
    Problem,
    Reader,
    Row,
    Schema,
    Scope,
    UnitOfWork,
    ValidationFailed,
    normal,
)

from .. import counters
from .. import queries as notices
from ..delivery.channels import Channels
from ..delivery.habits import people
from ..eventlog.cloudevents import SINGLE
from ..models import Notification
from . import queries
from .handlers import Handler, Handling

PEOPLE = 20
"""Whom one event consumer tells at most."""

_WHY = "An event consumer of your workspace names you."
_TITLE = "{summary}"
_MESSAGE = "{name} ({event_type})"
_TITLES = ("title", "name", "key")
"""Keys of payloads that say what the thing is called, the best one first."""


class EmailConfig(Schema):
    """Whom mails go to."""

    recipients = fields.List(
        EmailAddress(),
        required=True,
        validate=validate.Length(min=1, max=PEOPLE),
        metadata={"description": "Addresses of members of the workspace"},
    )


class InAppConfig(Schema):
    """Who is notified."""

    user_ids = fields.List(
        Id(of="user"),
        required=True,
        validate=validate.Length(min=1, max=PEOPLE),
        metadata={"description": "Members of the workspace"},
    )


class UrlConfig(Schema):
    """Where events are sent."""

    url = fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=2000),
        metadata={"description": "Events are sent there by POST"},
    )


class LogConfig(Schema):
    """Nothing to say."""


def built_in(ctx: Context, channels: Channels) -> list[Handler]:
    """The built-in handler types.

    Arguments:
        channels: one of them sends the mails.
    """
    members = _People(ctx, channels)
    sending = _Sending(ctx)
    return [
        Handler(
            "email", members.mail, EmailConfig, "Mails members of the workspace", members.check_addresses
        ),
        Handler(
            "in_app", members.notify, InAppConfig, "Notifies members of the workspace", members.check_ids
        ),
        Handler("webhook", sending.post, UrlConfig, "Sends a CloudEvent to another program"),
        Handler(
            "slack", sending.say, UrlConfig, "Writes into a channel of Slack, or of what takes its webhooks"
        ),
        Handler("log", sending.log, LogConfig, "Writes a line into the log of the server"),
    ]


class _People:
    """What reaches members."""

    def __init__(self, ctx: Context, channels: Channels) -> None:
        self._ctx, self._channels = ctx, channels

    def check_addresses(self, reader: Reader, config: Mapping[str, Any]) -> None:
        """Whether mails go to members alone.

        Raises:
            ValidationFailed: an address is nobody's who is here.
        """
        addresses = [normal(each) for each in config["recipients"]]
        known = {row["email_norm"] for row in reader.all(queries.BY_ADDRESS, addresses=addresses)}
        _refuse("recipients", (each in known for each in addresses))

    def check_ids(self, reader: Reader, config: Mapping[str, Any]) -> None:
        """The same of users."""
        known = {row["id"] for row in reader.all(queries.BY_ID, ids=config["user_ids"])}
        _refuse("user_ids", (each in known for each in config["user_ids"]))

    def mail(self, reader: Reader, handling: Handling) -> None:
        """Mail the recipients, each by themselves; who wants no mails gets none."""
        addresses = [normal(each) for each in handling.config["recipients"]]
        members = self._shown(reader, handling, reader.all(queries.BY_ADDRESS, addresses=addresses))
        known = people(self._ctx, reader, [row["id"] for row in members])
        languages = {
            user_id: person.locale.language
            for user_id, person in known.items()
            if person.habits.frequency != "never"
        }

        def send(uow: UnitOfWork) -> None:
            for user_id, language in sorted(languages.items()):
                self._mail_one(uow, self._parcel(user_id, language, handling))

        self._write(reader, members, send)

    def _mail_one(self, uow: UnitOfWork, parcel: dict[str, Any]) -> None:
        """Mail one of them; what can never reach somebody keeps the others from nothing."""
        channel = self._channels.by_name["email"]
        try:
            channel.send(uow, parcel)
        except Exception as error:
            if channel.classify_error(error) == "later":
                raise
            self._ctx.log.info("an event was not mailed to user %s: %s", parcel["user_id"], error)

    def notify(self, reader: Reader, handling: Handling) -> None:
        """Notify them in the application; whoever was told of the event by then is not told twice."""
        members = self._shown(reader, handling, reader.all(queries.BY_ID, ids=handling.config["user_ids"]))
        ids = sorted(row["id"] for row in members)

        def store(uow: UnitOfWork) -> None:
            counters.hold(uow, ids)
            told = {row["user_id"] for row in uow.all(notices.TOLD, event_id=handling.event.id, ids=ids)}
            rows = [{**_notice(handling), "user_id": each} for each in ids if each not in told]
            counters.add(uow, {row["user_id"]: 1 for row in uow.insert_many(Notification, rows)})

        self._write(reader, members, store)

    def _shown(self, reader: Reader, handling: Handling, members: list[Row]) -> list[Row]:
        """Members who may hear of the event.

        Raises:
            Discard: none of those that were named is here any more.
        """
        if not members:
            raise Discard("None of those who are to be told is a member of the workspace any more")
        container_id = handling.event.container_id
        if container_id is None:
            return members
        roles = {row["id"]: row["role"] for row in members}
        shown = self._ctx.ledger.public.shown_to(reader, container_id, roles)
        return [row for row in members if row["id"] in shown]

    def _write(self, reader: Reader, members: list[Row], work: Callable[[UnitOfWork], object]) -> None:
        if members:
            with self._ctx.db.write(Scope.system(reader.scope.workspace_id), origin="system") as uow:
                work(uow)

    def _parcel(self, user_id: str, language: str, handling: Handling) -> dict[str, Any]:
        said, say = _words(handling), self._ctx.texts.say
        item = {
            "notification_id": handling.key,
            "type": "event_heard",
            "title": say(language, said["summary"].replace("{", "{{").replace("}", "}}")),
            "message": f"{said['name']} ({said['event_type']})",
            "reason": say(language, _WHY),
            "url": None,
            "priority": "low",
            "critical": False,
            "preference": None,
            "project": "",
            "container_id": handling.event.container_id,
            "workspace_id": handling.event.workspace_id,
            "about_id": handling.event.aggregate_id,
            "created_at": handling.event.occurred_at.isoformat(),
        }
        parts = {"title": item["title"], "digest": False, "items": [item], "more": 0}
        return {"key": f"{handling.key}.{user_id}", "user_id": user_id, "language": language, **parts}


class _Sending:
    """What reaches programs."""

    def __init__(self, ctx: Context) -> None:
        self._http, self._log = ctx.http, ctx.log

    def post(self, _reader: Reader, handling: Handling) -> None:
        """Send the event as a CloudEvent; only 2xx is success."""
        body = orjson.dumps(handling.cloud_event)
        self._post(handling, body=body, headers={"Content-Type": SINGLE})

    def say(self, _reader: Reader, handling: Handling) -> None:
        """Send a line of text, as incoming webhooks of Slack take it."""
        said = _words(handling)
        text = f"{said['summary']} {said['name']} ({said['event_type']})"
        for sign, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(sign, code)
        self._post(handling, json={"text": text})

    def log(self, _reader: Reader, handling: Handling) -> None:
        """Write a line into the log of the server."""
        event = handling.event
        self._log.info(
            "%s: %s %s in workspace %s",
            event.type,
            event.aggregate_type,
            event.aggregate_id,
            event.workspace_id,
        )

    def _post(self, handling: Handling, **content: Any) -> None:
        headers = {**content.pop("headers", {}), "X-PronaFlow-Delivery": handling.key}
        try:
            reply = self._http.request("POST", handling.config["url"], headers=headers, **content)
        except EgressRefused as error:
            raise Discard(str(error)) from error
        if not 200 <= reply.status < 300:
            raise RuntimeError(f"It was answered by {reply.status}")


def _refuse(field: str, known: Iterable[bool]) -> None:
    problems = [
        Problem(f"{field}.{place}", "Is no member of the workspace.", "not_a_member")
        for place, is_known in enumerate(known)
        if not is_known
    ]
    if problems:
        raise ValidationFailed(problems)


def _words(handling: Handling) -> dict[str, str]:
    """What stands in texts about the event; of its payload only what the thing is called."""
    event = handling.event
    named = next((str(event.payload[key]) for key in _TITLES if event.payload.get(key)), event.aggregate_type)
    return {"summary": handling.summary, "name": named[:200], "event_type": event.type}


def _notice(handling: Handling) -> dict[str, Any]:
    event = handling.event
    return {
        "workspace_id": event.workspace_id,
        "container_id": event.container_id,
        "type": "event_heard",
        "provider": "notifications",
        "title": _TITLE,
        "message": _MESSAGE,
        "texts": _words(handling),
        "actor_id": event.user_id,
        "reasons": [["event_consumer", _WHY]],
        "event_id": event.id,
        "about_id": event.aggregate_id,
        "priority": "low",
    }
