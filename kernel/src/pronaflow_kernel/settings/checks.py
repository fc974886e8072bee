"""What a setting's value must satisfy beyond its type.

Each check raises ValueError with a sentence that never repeats the value, because the value may be a secret.
The standard library's parsers are imported where they are used: most starts need none of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from email.headerregistry import Address

MINIMUM_KEY_BYTES = 32
"""Least length of a secret key (security: keys of at least 32 random bytes)."""
_MINIMUM_DISTINCT_BYTES = 8
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")
_NO_MAILBOX = "must be one mail address such as Ann <ann@team.org>"
_SAMPLE_WORDS = ("changeme", "change-me", "change_me", "replace-me", "replace_me", "your-secret", "example")


def url(*schemes: str, host: bool = False) -> Callable[[str], None]:
    """A check for addresses of one of these `schemes`; with `host`, of those that name one."""

    def check(value: str) -> None:
        try:
            parts = urlsplit(value)
            named = parts.hostname
            parts.port  # noqa: B018 - reading the port is what checks it
        except ValueError as error:
            raise ValueError("is not a valid address") from error
        if parts.scheme not in schemes:
            raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        if host and not named:
            raise ValueError("names no host")

    return check


def file_or_address(value: str) -> None:
    """Raise ValueError if `value` is an address that requests cannot go to; everything else is a path."""
    if "://" in value:
        url("https", "http", host=True)(value)
        if "@" in urlsplit(value).netloc:
            raise ValueError("carries a user name: an address is shown and logged")


def bucket(value: str) -> None:
    """Raise ValueError unless `value` names a bucket: `s3://bucket/prefix?endpoint_url=...&region=...`."""
    url("s3", host=True)(value)
    parts = urlsplit(value)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not given.keys() <= {"endpoint_url", "region"} or not all(given.values()):
        raise ValueError("may have endpoint_url and region behind the ?, and nothing else")


def ending(value: str) -> None:
    """Raise ValueError unless `value` is an ending of file names, in lower case and without its dot."""
    if not re.fullmatch(r"[a-z0-9_+-]{1,20}", value):
        raise ValueError("must be an ending such as exe: lower case, without the dot")


def origin(value: str) -> None:
    """Raise ValueError unless `value` is a web origin exactly as browsers send it (RFC 6454, section 6).

    No wildcard and no `null`: either would let pages read answers that nobody has named.
    """
    example = (
        "must be an origin such as https://app.example.org: scheme, host and port, with no slash at the end"
    )
    if value == "*" or value == "null":
        raise ValueError(f"names no origin; {example}")
    if not _ORIGIN.fullmatch(value):
        raise ValueError(f"{example}, in lower case")
    scheme, _, rest = value.partition("://")
    if rest.endswith({"http": ":80", "https": ":443"}[scheme]):
        raise ValueError("must leave out the port that its scheme implies, as browsers do")


def timezone(value: str) -> None:
    """Raise ValueError unless `value` names a time zone that this machine knows."""
    from zoneinfo import available_timezones

    if value not in available_timezones():
        raise ValueError("must be a time zone of the IANA database such as Europe/Berlin")


def page(value: str) -> None:
    """Raise ValueError unless `value` is an http(s) address of a page, without a part of it (`#...`)."""
    url("http", "https", host=True)(value)
    if "#" in value:
        raise ValueError("must not hold a #")


def visible_ascii(value: str) -> None:
    """Raise ValueError unless `value` is of printing ASCII characters without blanks (RFC 6749, A)."""
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("must be of visible ASCII characters without blanks")


def slug(value: str) -> None:
    """Raise ValueError unless `value` is 1 to 40 of `a-z`, digits and `-`, which need no encoding."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", value):
        raise ValueError("must be 1 to 40 of a-z, 0-9 and -")


def network(value: str) -> None:
    """Raise ValueError unless `value` is an IPv4 or IPv6 address or network such as `10.0.0.0/8`."""
    import ipaddress

    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError("must be an IP address or a network such as 10.0.0.0/8") from error


def mailbox(value: str) -> Address:
    """The one mail address, with or without a name, that `value` is (RFC 5322 `mailbox`); else ValueError.

    The domain comes back as ASCII (IDNA), which every mail server takes.
    """
    from email.errors import ObsoleteHeaderDefect
    from email.headerregistry import Address
    from email.policy import default

    try:
        header = default.header_factory("to", value)
        (address,), (group,) = header.addresses, header.groups
        ascii_domain = address.domain.encode("idna").decode()
    except (
        ValueError,
        IndexError,
        AttributeError,
    ) as error:  # the parser stumbles over some input
        raise ValueError(_NO_MAILBOX) from error
    defects = [defect for defect in header.defects if not isinstance(defect, ObsoleteHeaderDefect)]
    if defects or _CONTROL.search(value) or group.display_name or not address.username or not ascii_domain:
        raise ValueError(_NO_MAILBOX)
    return Address(address.display_name, address.username, ascii_domain)


def strong_key(value: str) -> None:
    """Raise ValueError unless `value` can serve as a secret key.

    A key with hardly any different bytes, or one that holds a word of sample files, was not made at random.
    """
    data = value.encode("utf-8", "surrogateescape")
    if len(data) < MINIMUM_KEY_BYTES:
        raise ValueError(
            f"must be at least {MINIMUM_KEY_BYTES} bytes long, not {len(data)}; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if len(set(data)) < _MINIMUM_DISTINCT_BYTES or any(word in value.lower() for word in _SAMPLE_WORDS):
        raise ValueError("is a sample or a pattern, not a random key")
