"""Notifications as direct messages in Slack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pronaflow_integrations.api import Connections
from pronaflow_kernel.api import EgressRefused, Plugin, Reader, hookimpl

SERVICE = "slack"
"""What connections to Slack are called."""

POST = "https://slack.com/api/chat.postMessage"

MOST_BLOCKS = 50
"""Slack takes no more of them in a message; a title and a last line are among them."""

LONGEST = 3000
"""Characters of one block."""

PASSING = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "request_timeout", "service_unavailable"}
)
"""Errors of Slack after which the same message may be taken a little later."""


class NotTaken(RuntimeError):
    """Slack did not take a message.

    Arguments:
        reason: the word that Slack has for it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"Slack says {reason}")
        self.reason = reason


class SlackNotifierPlugin(Plugin):
    """A channel that uses the accounts which people have connected."""

    @hookimpl
    def provide_channels(self) -> Sequence[Mapping[str, Any]]:
        """`slack_dm`, for notifications."""
        return [
            {
                "name": "slack_dm",
                "send": self.send,
                "reaches": self.reaches,
                "classify_error": classify_error,
            }
        ]

    def reaches(self, reader: Reader, user_ids: Collection[str]) -> Collection[str]:
        """Whoever has connected an account."""
        return self.ctx.services.require(Connections).accounts(reader, user_ids, SERVICE).keys()

    def send(self, reader: Reader, parcel: Mapping[str, Any]) -> None:
        """Send one message (https://docs.slack.dev/reference/methods/chat.postMessage).

        Raises:
            NotTaken: with Slack's own reason; `not_connected` where the account is gone meanwhile.
            EgressFailed: there was no answer.
        """
        connections, user_id = self.ctx.services.require(Connections), parcel["user_id"]
        account = connections.accounts(reader, [user_id], SERVICE).get(user_id)
        token = connections.access_token(reader, user_id, SERVICE)
        if account is None or token is None:
            raise NotTaken("not_connected")
        body = {"channel": account, "text": _plain(parcel["title"]), "blocks": self._blocks(parcel)}
        reply = self.ctx.http.request("POST", POST, json=body, headers={"Authorization": f"Bearer {token}"})
        if reply.status == 429:
            raise NotTaken("ratelimited")
        if reply.status != 200:
            raise NotTaken("service_unavailable" if reply.status >= 500 else f"status {reply.status}")
        answer = reply.json()
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise NotTaken(str(answer.get("error")) if isinstance(answer, dict) else "nothing")

    def _blocks(self, parcel: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A message as Slack lays it out: a block for each notification, as many as fit."""
        blocks = [_section(f"*{_plain(parcel['title'])}*")] if parcel["digest"] else []
        shown = parcel["items"][: MOST_BLOCKS - 2]
        blocks += [_section(_item(item)) for item in shown]
        if left := parcel["more"] + len(parcel["items"]) - len(shown):
            blocks.append(_section(self.ctx.texts.say(parcel["language"], "and {count} more", count=left)))
        return blocks


def classify_error(error: Exception) -> str:
    """What an error means for a message: what passes is tried again."""
    if isinstance(error, NotTaken):
        return "later" if error.reason in PASSING else "never"
    return "never" if isinstance(error, EgressRefused) else "later"


def _item(item: Mapping[str, Any]) -> str:
    title = _plain(item["title"])
    # In a link the bar is what parts address and words, and there is no way to write it.
    lines = [f"<{item['url']}|{title.replace('|', '¦')}>" if item["url"] else title]
    if item["message"] != item["title"]:
        lines.append(_plain(item["message"]))
    lines.append(f"_{_plain(item['project'])}_" if item["project"] else "")
    return "\n".join(filter(None, lines))


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:LONGEST]}}


def _plain(text: str) -> str:
    """What people wrote: it becomes no link and mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
