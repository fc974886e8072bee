"""Which addresses are open: every form in which an inner one can be written is closed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from pronaflow_kernel.egress.addresses import METADATA, listed, reachable
from pronaflow_kernel.egress.client import system_resolver

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.1.1",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
    "198.17.0.1", "223.255.255.255", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1",
]  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_what_leads_inside_is_closed(text: str) -> None:
    assert not reachable(ip_address(text), ())


@pytest.mark.parametrize("text", OUTSIDE)
def test_what_is_public_is_open(text: str) -> None:
    assert reachable(ip_address(text), ())


@pytest.mark.parametrize("network", sorted(METADATA, key=str), ids=str)
def test_what_gives_credentials_away_is_open_only_by_its_very_name(network: Any) -> None:
    address = network.network_address
    wide = ip_network("0.0.0.0/0" if address.version == 4 else "::/0")
    assert not reachable(address, ())
    assert not reachable(address, [wide])
    assert reachable(address, [wide, network])


def test_an_operator_opens_networks() -> None:
    networks = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    for text, opened in (
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("fd00::1", True),
        ("10.2.0.1", False),
        ("fc00::1", False),
    ):
        assert reachable(ip_address(text), networks) is listed(ip_address(text), networks) is opened


def test_a_tunnel_that_is_opened_leads_only_where_its_inside_may_go() -> None:
    nat64 = [ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32")]
    assert reachable(ip_address("64:ff9b::808:808"), nat64)
    for text in ("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:a00:1::1"):
        assert not reachable(ip_address(text), nat64), text


@pytest.mark.parametrize(
    "written",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0",
    ],
)
def test_every_way_to_write_the_loopback_is_closed(written: str) -> None:
    found = system_resolver(written, 80)
    assert found and not any(reachable(ip_address(text), ()) for text in found)
