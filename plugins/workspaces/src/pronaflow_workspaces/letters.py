"""The invitation mail. Its token stands in the fragment of the link, which no browser sends to a server."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from markupsafe import Markup, escape

from pronaflow_kernel.api import Mail, Row

_TEXT = """\
{inviter} invites you to the workspace "{workspace}" as {role}.
{message}
Join: {link}

The link works until {until}, for an account with the address {email}. If you have none yet,
register there with this address: you join as soon as you have confirmed it.
If you do not want to join, decline on the same page, or do nothing.

For programs:
token: {token}
"""

_HTML = """\
<p>{inviter} invites you to the workspace <strong>{workspace}</strong> as {role}.</p>
{message}<p><a href="{link}">Join {workspace}</a></p>
<p>The link works until {until}, for an account with the address {email}. If you have none yet, register there
with this address: you join as soon as you have confirmed it.<br>
If you do not want to join, decline on the same page, or do nothing.</p>
"""

_ROLES = {"owner": "an owner", "admin": "an admin", "member": "a member", "viewer": "a viewer"}
_QUOTE = Markup('<blockquote style="white-space: pre-line">{}</blockquote>\n')


class Say(Protocol):
    """Says an English text in the reader's language, filled with values."""

    def __call__(self, english: str, **values: Any) -> str:
        """As `ctx.texts.say`."""
        ...


def invitation_mail(
    invitation: Row, token: str, *, workspace: str, inviter: str, public_url: str, say: Say
) -> Mail:
    """The mail for an invitation; handed over twice, it is one mail in the reader's program.

    Arguments:
        invitation: its row.
        token: the secret of which the row holds the hash.
        workspace: name of the workspace; inviter: name of whoever invites.
        public_url: what links start with, without a slash at the end.
        say: speaks the language of the reader.
    """
    values = {
        "workspace": _one_line(workspace),
        "inviter": _one_line(inviter),
        "role": say(_ROLES[invitation["role"]]),
        "link": f"{public_url}/invitations#token={token}",
        "until": _moment(invitation["expires_at"]),
        "email": invitation["email"],
        "token": token,
    }
    message = invitation["message"]
    text = say(_TEXT, **values, message=f"\n{message}\n" if message else "")
    safe = {name: escape(value) for name, value in values.items()}
    html = say(_HTML, **safe, message=_QUOTE.format(message) if message else "")
    subject = f"{say('Invitation to {workspace}', workspace=values['workspace'])} - PronaFlow"
    return Mail(invitation["email"], subject, text, html, id=f"{invitation['id']}.{invitation['version']}")


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _one_line(name: str) -> str:
    """A name that fits a subject, whoever gave it."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
