"""The mail that tells of the end of a token, in the language of its owner."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from markupsafe import Markup

from pronaflow_kernel.api import Mail, Row

if TYPE_CHECKING:
    from pronaflow_kernel.api import Context

_SUBJECT = ("Your API token {name} expires in {count} day", "Your API token {name} expires in {count} days")
_LINES = (
    'Your API token "{name}" ({prefix}...) expires on {end}.',
    "Programs that use it will be refused from then on.",
    "Give it a new secret in good time, and put that into your programs.",
    "If you do not need it any more, do nothing.",
)


def expiry_mail(ctx: Context, token: Row, address: str, language: str, days: int) -> Mail:
    """The mail for the owner of a token; handed over twice, it is one mail in the reader's program.

    Arguments:
        ctx: of the plugin.
        token: its row.
        address: of the owner; language: they read.
        days: before the end.
    """
    values = {"name": token["name"], "prefix": token["token_prefix"], "end": _moment(token["expires_at"])}
    subject = ctx.texts.say_many(language, *_SUBJECT, days, name=token["name"])
    lines = [ctx.texts.say(language, line, **values) for line in _LINES]
    link = f"{ctx.public_url}/settings/tokens"
    text = "\n".join([*lines, "", link, ""])
    html = Markup("<br>\n").join(lines) + Markup('\n<p><a href="{0}">{0}</a></p>\n').format(link)
    mail_id = f"{token['id']}.{token['expires_at']:%Y%m%d}.{days}"
    return Mail(address, f"{subject} - PronaFlow", text, str(html), id=mail_id)


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
