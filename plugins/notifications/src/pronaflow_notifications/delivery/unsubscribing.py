"""Ending mails by the link in them, without signing in (RFC 8058): its holder turns off one switch.

The link holds whose switch and which one, encrypted and so unforgeable; it opens nothing else. A GET changes
nothing, since programs follow links to look at them.
"""

from __future__ import annotations

from pronaflow_kernel.api import Context, DecryptionError, InvalidRequest, NotFound, Row, UnitOfWork

from ..preferences.values import SECTION, SWITCHES
from .channels import Parcel

_PLACE = "notifications__unsubscribe.link"
ALL = "notification_frequency"
"""The switch of what obeys no other: mails come no more at all."""


class Unsubscribing:
    """Makes such links and heeds them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def token(self, parcel: Parcel) -> str | None:
        """What lets the reader of a parcel end mails like it; None where they obey nothing.

        Of a single mail it is the switch that it obeys, of one over several things that of all mails.
        """
        if any(item["critical"] for item in parcel["items"]):
            return None
        switch = ALL if parcel["digest"] else parcel["items"][0]["preference"] or ALL
        return self._ctx.secrets.encrypt(f"{parcel['user_id']} {switch}", bound_to=_PLACE)

    def named(self, token: str) -> Row:
        """What a link would turn off: `{"switch": ...}`.

        Raises:
            InvalidRequest: it is none of ours.
        """
        return {"switch": self._read(token)[1]}

    def unsubscribe(self, uow: UnitOfWork, token: str) -> Row:
        """Turn off what a link names; once more changes nothing.

        Raises:
            InvalidRequest: it is none of ours, or its account is gone.
        """
        user_id, switch = self._read(token)
        try:
            self._ctx.preferences.change(uow, SECTION, user_id, {switch: "never" if switch == ALL else False})
        except NotFound:
            raise _invalid() from None
        return {"switch": switch}

    def _read(self, token: str) -> tuple[str, str]:
        try:
            user_id, _, switch = self._ctx.secrets.decrypt(token, bound_to=_PLACE).partition(" ")
        except DecryptionError:
            raise _invalid() from None
        if switch not in (*SWITCHES, ALL):
            raise _invalid()
        return user_id, switch


def _invalid() -> InvalidRequest:
    words = "The link is not valid any more: choose what you are sent in your settings"
    return InvalidRequest(words, details={"field": "token", "reason": "invalid"})
