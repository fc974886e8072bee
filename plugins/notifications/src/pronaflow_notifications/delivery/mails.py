"""Parcels as mails: text and HTML from the templates beside this file, and headers for mail programs.

The templates get nothing but text, run in Jinja's sandbox and escape what stands in HTML by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import PackageLoader, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from pronaflow_kernel.api import Context, Mail

from .channels import Parcel


@cache
def _environment() -> SandboxedEnvironment:
    """Made once: templates are compiled when they are first used."""
    return SandboxedEnvironment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=select_autoescape(["html.jinja"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Mails:
    """Writes mails.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def write(self, parcel: Parcel, *, to: str, name: str, token: str | None) -> Mail:
        """A parcel as a mail.

        Arguments:
            to: address; name: of whom it goes to.
            token: lets its reader end such mails (`unsubscribing`); None where nobody may.

        Raises:
            ValueError: as `Post.send`, where it is sent.
        """
        values = self._values(parcel, name, token)
        text = _environment().get_template("mail.txt.jinja").render(values)
        html = _environment().get_template("mail.html.jinja").render(values)
        subject = f"{parcel['title']} - PronaFlow"
        return Mail(to, subject, text, html, self._headers(parcel, token), parcel["key"])

    def _values(self, parcel: Parcel, name: str, token: str | None) -> Mapping[str, Any]:
        def say(english: str, **values: Any) -> str:
            return self._ctx.texts.say(parcel["language"], english, **values)

        items = parcel["items"]
        return {
            "say": say,
            "name": name,
            "groups": _by_project(items),
            "digest": parcel["digest"],
            "more": parcel["more"],
            "all_url": f"{self._ctx.public_url}/notifications",
            "reason": None if parcel["digest"] else items[0]["reason"],
            "unsubscribe": token and f"{self._ctx.public_url}/unsubscribe#token={token}",
        }

    def _headers(self, parcel: Parcel, token: str | None) -> Mapping[str, str]:
        """That nobody wrote this, what it belongs to and how to end it (RFC 3834, 5322, 8058)."""
        headers = {"Auto-Submitted": "auto-generated"}
        if not parcel["digest"]:
            host = urlsplit(self._ctx.public_url).hostname or "localhost"
            thread = f"<about.{parcel['items'][0]['about_id']}@{host}>"
            headers |= {"In-Reply-To": thread, "References": thread}
        if token is not None:
            address = f"{self._ctx.public_url}/api/v1/notifications/unsubscribe?token={token}"
            headers |= {
                "List-Unsubscribe": f"<{address}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return headers


def _by_project(items: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Items by their project, the one with the latest news first."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for item in items:
        groups.setdefault((item["workspace_id"], item["container_id"]), []).append(item)
    return [(group[0]["project"], group) for group in groups.values()]
