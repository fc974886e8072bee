"""What is sent outside of the application, over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import NOWHERE, PUBLIC, Answer, Blueprint, Reader, Row, UnitOfWork

from .addresses import Addresses
from .channels import Channels
from .schemas import AddressIn, ChannelOut, SwitchOut, UnsubscribeQuery
from .unsubscribing import Unsubscribing


def build(unsubscribing: Unsubscribing, addresses: Addresses, channels: Channels) -> Blueprint:
    """Channels, the caller's addresses for them, and ending mails."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/notifications",
        tag="Notification channels",
        summary="How notifications reach people outside of the application",
        name="notification_channels",
    )
    _add_unsubscribing(blp, unsubscribing)
    _add_channels(blp, addresses, channels)
    return blp


def _add_channels(blp: Blueprint, service: Addresses, channels: Channels) -> None:
    @blp.endpoint("GET", "/channels", permission="notifications.read", returns=ChannelOut, many=True)
    def list_notification_channels(reader: Reader) -> list[Row]:
        """List the ways in which notifications can reach you outside of the application."""
        return service.list(reader, channels)

    @blp.endpoint(
        "PUT",
        "/channels/<channel>",
        permission="notifications.update",
        body=AddressIn,
        returns=ChannelOut,
    )
    def set_notification_channel(uow: UnitOfWork, channel: str, body: dict[str, Any]) -> Row:
        """Say where a channel reaches you: `slack` (an incoming webhook) or `webhook` (a program of yours).

        Of the address only the host is shown again.
        """
        return service.set(uow, channel, body["url"])

    @blp.endpoint("POST", "/channels/<channel>/test", permission="notifications.update", writes=False)
    def test_notification_channel(reader: Reader, channel: str) -> Answer:
        """Send a test to the address that you have given for a channel."""
        service.test(reader, channels.by_name.get(channel))
        return Answer(message="The test was taken")

    @blp.endpoint("DELETE", "/channels/<channel>", permission="notifications.update", status=204)
    def remove_notification_channel(uow: UnitOfWork, channel: str) -> None:
        """Forget the address that you have given for a channel; nothing goes there any more."""
        service.forget(uow, channel)


def _add_unsubscribing(blp: Blueprint, service: Unsubscribing) -> None:
    @blp.endpoint(
        "GET",
        "/unsubscribe",
        permission=PUBLIC,
        target=NOWHERE,
        query=UnsubscribeQuery,
        returns=SwitchOut,
    )
    def read_unsubscribe_link(reader: Reader, query: dict[str, Any]) -> Row:
        """Read what the link in a mail turns off; nothing changes."""
        return service.named(query["token"])

    @blp.endpoint(
        "POST",
        "/unsubscribe",
        permission=PUBLIC,
        target=NOWHERE,
        query=UnsubscribeQuery,
        returns=SwitchOut,
    )
    def unsubscribe(uow: UnitOfWork, query: dict[str, Any]) -> Answer:
        """End mails by the link in one (RFC 8058); needs no account.

        Turns off the one switch that the link names, and nothing else. Mail programs send
        `List-Unsubscribe=One-Click` as the body, which is not looked at.
        """
        return Answer(service.unsubscribe(uow, query["token"]), "You get no more such mails")
