"""The invitation mail. Its token stands in the fragment of the link, which no browser sends to a server."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from pronaflow_kernel.api import Mail, Row

_TEXT = """\
{inviter} invites you to the workspace "{workspace}" as {role}.
{message}
Join: {link}

The link works until {until}, for an account with the address {email}. If you have none yet,
register with this address first and then open the link again.
If you do not want to join, decline on the same page, or do nothing.

For programs:
token: {token}
"""

_HTML = Markup("""\
<p>{inviter} invites you to the workspace <strong>{workspace}</strong> as {role}.</p>
{message}<p><a href="{link}">Join {workspace}</a></p>
<p>The link works until {until}, for an account with the address {email}. If you have none yet, register with
this address first and then open the link again.<br>
If you do not want to join, decline on the same page, or do nothing.</p>
""")

_QUOTE = Markup('<blockquote style="white-space: pre-line">{}</blockquote>\n')


def invitation_mail(invitation: Row, token: str, *, workspace: str, inviter: str, public_url: str) -> Mail:
    """The mail for an invitation; sent twice, it is one mail in the reader's program.

    Arguments:
        invitation: its row.
        token: the secret of which the row holds the hash.
        workspace: name of the workspace; inviter: name of whoever invites.
        public_url: what links start with, without a slash at the end.
    """
    values = {
        "workspace": _one_line(workspace),
        "inviter": _one_line(inviter),
        "role": _with_article(invitation["role"]),
        "link": f"{public_url}/invitations#token={token}",
        "until": _moment(invitation["expires_at"]),
        "email": invitation["email"],
        "token": token,
    }
    message = invitation["message"]
    text = _TEXT.format(**values, message=f"\n{message}\n" if message else "")
    html = _HTML.format(**values, message=_QUOTE.format(message) if message else "")
    subject = f"Invitation to {values['workspace']} - PronaFlow"
    return Mail(invitation["email"], subject, text, str(html), id=invitation["id"])


def _with_article(role: str) -> str:
    return f"{'an' if role == 'admin' else 'a'} {role}"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _one_line(name: str) -> str:
    """A name that fits a subject, whoever gave it."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
