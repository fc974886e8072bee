"""Which IP addresses outgoing requests may reach.

The list is our own, since `ipaddress` calls some addresses global that lead back inside: on Python 3.11
`64:ff9b::7f00:1` (NAT64 of the loopback), `2002:7f00:1::` (6to4 of it) and `224.0.0.1`. Of IPv6 only what is
handed out as global unicast (2000::/3) is open, so that forms still to be invented are closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_V4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation, as the next but three and four
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
]
_NAT64 = IPv6Network("64:ff9b::/96")

METADATA = frozenset(
    ip_network(text)
    for text in (
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure, an address that is public otherwise
        "169.254.169.254",
        "169.254.170.2",  # Amazon ECS
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",
        "fd20:ce::254",  # Google Cloud
    )
)
"""Where clouds give credentials to whoever asks; open only if `egress.allow` names the very address."""


def reachable(address: Address, allow: Iterable[Network]) -> bool:
    """Whether a request may go to an address.

    Arguments:
        allow: networks of the setting `egress.allow`.
    """
    listed = tuple(allow)
    return all(_open(form, listed) for form in _forms(address))


def listed(address: Address, allow: Iterable[Network]) -> bool:
    """Whether the operator has opened the network of an address."""
    plain = next(_forms(address))
    return any(_within(plain, network) for network in allow)


def _forms(address: Address) -> Iterator[Address]:
    """An address and the IPv4 addresses that it stands for; of a mapped one only that, being the same."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    else:
        yield address
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour is not None:
            yield address.sixtofour
        yield from address.teredo or ()


def _open(address: Address, allow: tuple[Network, ...]) -> bool:
    itself = ip_network(address)
    if itself in METADATA:
        return itself in allow
    return any(_within(address, network) for network in allow) or not _closed(address)


def _closed(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _CLOSED_V4)
    return address not in _OPEN_V6 or any(address in network for network in _CLOSED_V6)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
