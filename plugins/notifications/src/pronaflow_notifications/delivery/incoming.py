"""The channels `slack` and `webhook`: parcels by POST to an address that a person has given.

Slack, and what takes the webhooks of Slack (Mattermost, Rocket.Chat), gets text; other programs get the
parcel as JSON. Requests go by the server's egress client alone, so that no address leads into the server's
own network.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from pronaflow_kernel.api import Context, EgressRefused, NotFound, Reader

from .addresses import Addresses
from .channels import Channel, Parcel, Verdict

_GONE = frozenset({403, 404, 410})
"""What Slack answers where a webhook was taken away."""
_NOT_NOW = frozenset({408, 425, 429})


class Untaken(RuntimeError):
    """The other side answered something else than 2xx.

    Arguments:
        status: what it answered.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"it was answered by {status}")
        self.status = status


class Incoming:
    """Sends parcels to the addresses of people.

    Arguments:
        ctx: of the plugin.
        addresses: where they are.
    """

    def __init__(self, ctx: Context, addresses: Addresses) -> None:
        self._ctx, self._addresses = ctx, addresses

    def channels(self) -> list[Channel]:
        """What `Channels` takes."""
        return [
            Channel(name, partial(self._send, name), partial(self._reaches, name), classify_error)
            for name in ("slack", "webhook")
        ]

    def _reaches(self, name: str, reader: Reader, user_ids: Collection[str]) -> Collection[str]:
        return self._addresses.reached(reader, name, user_ids)

    def _send(self, name: str, reader: Reader, parcel: Parcel) -> None:
        url = self._addresses.of(reader, name, parcel["user_id"])
        body: Mapping[str, Any] = self.text(parcel) if name == "slack" else dict(parcel)
        reply = self._ctx.http.request("POST", url, json=body, headers={"webhook-id": parcel["key"]})
        if not 200 <= reply.status < 300:
            raise Untaken(reply.status)

    def text(self, parcel: Parcel) -> Mapping[str, Any]:
        """A parcel as Slack takes it; what people wrote becomes no link and mentions nobody."""
        lines = [f"*{_plain(parcel['title'])}*"] if parcel["digest"] else []
        for item in parcel["items"]:
            title = _plain(item["title"])
            linked = f"<{item['url']}|{title.replace('|', '¦')}>" if item["url"] else title
            lines.append(f"• {linked}" if parcel["digest"] else linked)
            if not parcel["digest"] and item["message"] != item["title"]:
                lines.append(_plain(item["message"]))
        if parcel["more"]:
            lines.append(self._ctx.texts.say(parcel["language"], "and {count} more", count=parcel["more"]))
        return {"text": "\n".join(lines)}


def classify_error(error: Exception) -> Verdict:
    """What an error means for a parcel, and for the address."""
    if isinstance(error, (EgressRefused, NotFound)):
        return "never"
    if isinstance(error, Untaken):
        if error.status in _GONE:
            return "gone"
        return "later" if error.status >= 500 or error.status in _NOT_NOW else "never"
    return "later"


def _plain(text: str) -> str:
    """A text that Slack shows as it stands: no link, no mention of everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
