"""Where people are reached through channels that they give an address for: Slack, programs of their own."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from pronaflow_kernel.api import (
    Context,
    EgressError,
    InvalidRequest,
    NotFound,
    Reader,
    Row,
    UnitOfWork,
    invalid,
    new_id,
    secret_place,
)

from . import queries
from .channels import Channel, Channels
from .models import Address

WITH_ADDRESS = ("slack", "webhook")
"""The channels that need one."""


class Addresses:
    """Keeps the addresses, encrypted: whoever knows one can write there.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def reached(self, reader: Reader, channel: str, user_ids: Collection[str]) -> list[str]:
        """Who of some users has given an address for a channel."""
        return [row["user_id"] for row in reader.all(queries.REACHED, which=channel, users=list(user_ids))]

    def of(self, reader: Reader, channel: str, user_id: str) -> str:
        """The address of a user.

        Raises:
            NotFound: there is none.
        """
        row = self._row(reader, channel, user_id)
        return self._ctx.secrets.decrypt(row["place"], bound_to=secret_place(Address, "place", row["id"]))

    def list(self, reader: Reader, channels: Channels) -> list[Row]:
        """The channels that the caller can use, and where they lead."""
        user_id = reader.scope.principal.user_id
        found = {row["channel"]: row for row in reader.all(queries.ADDRESSES, user=user_id)}
        return [
            {
                "channel": name,
                "is_active": name not in WITH_ADDRESS or name in found,
                "needs_address": name in WITH_ADDRESS,
                "hint": found[name]["hint"] if name in found else None,
                "updated_at": found[name]["updated_at"] if name in found else None,
            }
            for name in sorted(channels.by_name)
        ]

    def set(self, uow: UnitOfWork, channel: str, url: str) -> Row:
        """Keep an address of the caller in place of the former one; only its host is ever shown again.

        Raises:
            NotFound: the channel takes no address.
            ValidationFailed: it is none that can be reached.
        """
        _known(channel)
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None or not parts.hostname:
            raise invalid("url", "An address with a host and without a password, please.", "invalid")
        user_id = str(uow.scope.principal.user_id)
        uow.execute(queries.FORGET_ADDRESS, user=user_id, which=channel)
        row_id = new_id()
        place = self._ctx.secrets.encrypt(url, bound_to=secret_place(Address, "place", row_id))
        row = {"id": row_id, "user_id": user_id, "channel": channel, "place": place, "hint": parts.hostname}
        stored = uow.insert(Address, row)
        return {**stored, "is_active": True, "needs_address": True}

    def forget(self, uow: UnitOfWork, channel: str) -> None:
        """Forget an address of the caller.

        Raises:
            NotFound: there is none.
        """
        _known(channel)
        if not uow.execute(queries.FORGET_ADDRESS, user=uow.scope.principal.user_id, which=channel):
            raise NotFound("You have given no address for this channel")

    def test(self, reader: Reader, channel: Channel | None) -> None:
        """Send something to an address of the caller at once.

        Raises:
            NotFound: there is none.
            InvalidRequest: it was not taken; the message tells why.
        """
        if channel is None or channel.name not in WITH_ADDRESS:
            raise NotFound("There is no such channel, or it takes no address")
        user_id = str(reader.scope.principal.user_id)
        locale = self._ctx.preferences.locales(reader, [user_id])[user_id]
        try:
            channel.send(reader, self._trial(user_id, locale.language, reader))
        except (EgressError, RuntimeError) as error:
            raise InvalidRequest(f"The address did not take it: {error}") from error

    def _trial(self, user_id: str, language: str, reader: Reader) -> dict[str, object]:
        title = self._ctx.texts.say(language, "This is a test of your notifications.")
        item = {
            "notification_id": None,
            "type": "test",
            "title": title,
            "message": title,
            "reason": "",
            "url": f"{self._ctx.public_url}/notifications",
            "priority": "low",
            "critical": False,
            "preference": None,
            "project": "",
            "container_id": None,
            "workspace_id": None,
            "about_id": None,
            "created_at": reader.clock.now().isoformat(),
        }
        return {
            "key": f"test.{new_id()}",
            "user_id": user_id,
            "language": language,
            "title": title,
            "digest": False,
            "items": [item],
            "more": 0,
        }

    def _row(self, reader: Reader, channel: str, user_id: str) -> Row:
        row = reader.one(queries.ADDRESS, which=channel, user=user_id)
        if row is None:
            raise NotFound("You have given no address for this channel")
        return row


def _known(channel: str) -> None:
    if channel not in WITH_ADDRESS:
        raise NotFound("There is no such channel, or it takes no address")
