"""Where sign-ins come from: networks and known devices."""

from hashlib import sha256

import pytest

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.identity.guessing.devices import LIFE, DeviceTokens, network_of, source_of
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.secrets import Keys
from pronaflow_kernel.testing.world import START

OLD, NEW = sha256(b"old").hexdigest(), sha256(b"new").hexdigest()


@pytest.fixture
def clock():
    return FixedClock(START)


@pytest.fixture
def tokens(clock):
    return DeviceTokens(Keys([OLD]), clock)


@pytest.fixture
def nina():
    return {"id": new_id(), "token_epoch": 3}


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_neighbours_share_a_network(ip, network):
    assert network_of(ip) == network
    assert source_of(ip) == source_of(ip, None)
    assert not source_of(ip).known


def test_a_device_is_known_by_its_token_until_it_has_not_signed_in_for_long(tokens, nina, clock):
    token = tokens.issue(nina)

    device = tokens.recognise(token, nina)
    assert device and source_of("203.0.113.7", device).known
    assert tokens.recognise(tokens.issue(nina, device), nina) == device
    assert tokens.recognise(tokens.issue(nina), nina) != device
    clock.advance(LIFE.total_seconds())
    assert tokens.recognise(token, nina) is None


def test_it_is_good_for_one_user_with_one_password(tokens, nina):
    token = tokens.issue(nina)

    assert tokens.recognise(token, {**nina, "id": new_id()}) is None
    assert tokens.recognise(token, {**nina, "token_epoch": 4}) is None
    assert tokens.recognise(token, None) is None
    assert tokens.recognise(None, nina) is None


def test_each_changed_character_voids_it(tokens, nina):
    token = tokens.issue(nina)

    for place, character in enumerate(token):
        other = "A" if character != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        # The last character carries two bits that no byte needs.
        assert tokens.recognise(changed, nina) is None or place == len(token) - 1


@pytest.mark.parametrize(
    "junk",
    ["", "pd1.", "pd1." + "!" * 75, "pd1." + "A" * 75, "A" * 79, "pd1." + "é" * 75],
    ids=["empty", "prefix", "no base64", "no signature", "no prefix", "no ASCII"],
)
def test_junk_is_no_token(tokens, nina, junk):
    assert tokens.recognise(junk, nina) is None


def test_a_new_server_key_keeps_devices_known(nina, clock):
    token = DeviceTokens(Keys([OLD]), clock).issue(nina)

    assert DeviceTokens(Keys([NEW, OLD]), clock).recognise(token, nina)
    assert DeviceTokens(Keys([NEW]), clock).recognise(token, nina) is None
