"""Where a sign-in comes from: a network, or a device that has signed in before (security.md 2.7).

A sign-in answers a `device_token`, which clients keep and send with the next one. Whoever shows it is told
apart from everybody else in the same network, so that strangers cannot lock an owner out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from ...clock import Clock
from ...ids import new_id
from ...persistence.uow import Row
from ...secrets import Keys

PURPOSE = "devices"
"""Purpose of the keys that sign device tokens."""

LIFE = timedelta(days=180)
"""How long a device stays known after its last sign-in."""

_PREFIX = "pd1."
_FORM = re.compile(r"pd1\.[A-Za-z0-9_-]{75}")
_DEVICE, _EXPIRY = 16, 8


@dataclass(frozen=True, slots=True)
class Source:
    """What failed sign-ins are counted by, beside the account.

    Arguments:
        text: names the device or the network.
        known: whether it is a device that has signed in to this account before.
    """

    text: str
    known: bool = False


def source_of(ip: str | None, device_id: str | None = None) -> Source:
    """The source of a request.

    Arguments:
        ip: address of the caller.
        device_id: from `DeviceTokens.recognise`.
    """
    return Source(network_of(ip)) if device_id is None else Source(f"device {device_id}", known=True)


def network_of(ip: str | None) -> str:
    """The network that an address stands for: /24 of IPv4, /64 of IPv6, which is what one customer gets."""
    try:
        address = ip_address((ip or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


class DeviceTokens:
    """Gives tokens to devices and recognises them.

    A token is the device's id and the end of its life, signed together with the user and the user's
    `token_epoch`: it is worthless for other accounts, and after a new password.

    Arguments:
        keys: the first signs, all are accepted.
        clock: tells the present.
    """

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = [key.secret for key in keys.accepted(PURPOSE)]
        self._clock = clock

    def issue(self, user: Row, device_id: str | None = None) -> str:
        """A token for a device from which a user has just signed in.

        Arguments:
            user: `id` and `token_epoch`.
            device_id: of a device that was recognised; by default it is a new one.
        """
        expiry = int((self._clock.now() + LIFE).timestamp())
        body = bytes.fromhex((device_id or new_id()).replace("-", "")) + expiry.to_bytes(_EXPIRY, "big")
        packed = base64.urlsafe_b64encode(body + _signature(self._keys[0], body, user))
        return f"{_PREFIX}{packed.decode().rstrip('=')}"

    def recognise(self, token: str | None, user: Row | None) -> str | None:
        """The id of the device; None without a token that is good for this user.

        Arguments:
            token: as it was sent.
            user: `id` and `token_epoch`; None where there is no such account.
        """
        if token is None or user is None or not _FORM.fullmatch(token):
            return None
        try:
            raw = base64.urlsafe_b64decode(f"{token.removeprefix(_PREFIX)}=")
        except binascii.Error:
            return None
        body, signature = raw[: _DEVICE + _EXPIRY], raw[_DEVICE + _EXPIRY :]
        if not any(hmac.compare_digest(signature, _signature(key, body, user)) for key in self._keys):
            return None
        if int.from_bytes(body[_DEVICE:], "big") <= self._clock.now().timestamp():
            return None
        return body[:_DEVICE].hex()


def _signature(key: bytes, body: bytes, user: Row) -> bytes:
    return hmac.digest(key, body + f"{user['id']} {user['token_epoch']}".encode(), hashlib.sha256)
