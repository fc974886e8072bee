"""Addresses are parsed once, and what two parsers could read differently is refused."""

from __future__ import annotations

import pytest

from pronaflow_kernel.egress.errors import EgressRefused
from pronaflow_kernel.egress.target import Target, parse


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://Example.COM", Target("https", "example.com", 443, "/"), "example.com"),
        (
            "HTTPS://example.com.:8443/a%20b?x=1&y=#part",
            Target("https", "example.com", 8443, "/a%20b?x=1&y="),
            "example.com:8443",
        ),
        ("http://example.com:80/", Target("http", "example.com", 80, "/"), "example.com"),
        ("http://example.com:/?q", Target("http", "example.com", 80, "/?q"), "example.com"),
        ("https://[2001:DB8:0::1]:444/x", Target("https", "2001:db8::1", 444, "/x"), "[2001:db8::1]:444"),
        ("http://0x7f.1/", Target("http", "0x7f.1", 80, "/"), "0x7f.1"),
        ("https://xn--bcher.example/", Target("https", "xn--bcher.example", 443, "/"), "xn--bcher.example"),
    ],
)
def test_an_address_becomes_a_target(url: str, target: Target, authority: str) -> None:
    assert parse(url) == target
    assert target.authority == authority


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "characters"),
        ("example.com", "start with https"),
        ("//example.com/", "start with https"),
        ("ftp://example.com/", "start with https"),
        ("file:///etc/passwd", "start with https"),
        ("http:example.com", "names no host"),
        ("https:///path", "names no host"),
        ("https://", "names no host"),
        ("https://.", "names no host"),
        ("https://example.com../", "names no host"),
        ("https://-x.example/", "names no host"),
        ("https://a%2eb/", "names no host"),
        ("https://a..b%00/", "names no host"),
        ("https://[fe80::1%25eth0]/", "names no host"),
        ("https://[127.0.0.1]/", "names no host|not an address"),
        ("https://[::1", "not an address"),
        ("https://example.com:99999/", "not an address"),
        ("https://example.com:x/", "not an address"),
        ("https://user@example.com/", "user name"),
        ("https://user:secret@example.com/", "user name"),
        ("https://example.com\\@evil.example/", "characters"),
        ("https://example.com/\r\nX: y", "characters"),
        ("https://exa\tmple.com/", "characters"),
        (" https://example.com/", "characters"),
        ("https://bücher.example/", "xn--"),
        ("https://example.com/é", "percent"),
        (f"https://example.com/{'x' * 8192}", "longer than 8192"),
        (f"https://{'x' * 254}/", "names no host"),
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(EgressRefused, match=why) as refused:
        parse(url)
    assert "secret" not in str(refused.value)
