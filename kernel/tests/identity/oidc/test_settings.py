"""What operators are told at the start about `[oidc]`, and what a server without it does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pronaflow_kernel.settings import SettingsError, load, sign_in

GOOD = {"oidc.issuer": "https://id.example.org/realms/team", "oidc.client_id": "pronaflow"}
"""The least that a provider needs."""

WITHOUT = """
import sys
from pronaflow_kernel.web.app import start
start(env={}, overrides={"data_dir": sys.argv[1]}, candidates=[])
print([name for name in ("authlib", "joserfc") if name in sys.modules])
"""


def told(**changes):
    """What `pronaflow config check` says about these settings."""
    with pytest.raises(SettingsError) as raised:
        load(
            env={}, overrides={**GOOD, **{name.replace("__", "."): value for name, value in changes.items()}}
        )
    return [str(problem) for problem in raised.value.problems]


def test_issuer_and_client_id_are_enough():
    oidc = load(env={}, overrides=GOOD).oidc
    assert (oidc.client_secret, oidc.register, oidc.trust_mfa) == (None, True, False)


def test_without_them_there_is_none():
    assert load(env={}).oidc.issuer is None


@pytest.mark.parametrize("missing", ["issuer", "client_id"])
def test_each_needs_the_other(missing):
    [problem] = told(**{f"oidc__{missing}": ""})
    assert f"oidc.{missing} must be given" in problem


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ("http://id.example.org", "must start with https://"),
        ("ftp://id.example.org", "must start with http:// or https://"),
        ("id.example.org", "must start with http:// or https://"),
        ("https://", "names no host"),
        ("https://id.example.org?tenant=1", "must not hold ?, # or a user name"),
        ("https://id.example.org#x", "must not hold ?, # or a user name"),
        ("https://ann:secret@id.example.org", "must not hold ?, # or a user name"),
        ("http://localhost:9000", "is in a private network that egress.allow does not open"),
        ("https://127.0.0.1", "is in a private network that egress.allow does not open"),
        ("https://10.1.2.3/realms/team", "is in a private network that egress.allow does not open"),
        ("https://[::1]/", "is in a private network that egress.allow does not open"),
    ],
)
def test_the_issuer_is_an_address_that_can_be_asked_safely(issuer, words):
    [problem] = told(oidc__issuer=issuer)
    assert f"oidc.issuer {words}" in problem
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("issuer", "opening"),
    [
        ("http://localhost:9000", {"egress.allow": ["127.0.0.0/8"]}),
        ("http://10.1.2.3:8080/realms/team", {"egress.allow": ["10.0.0.0/8"]}),
        ("https://10.1.2.3", {"egress.allow": ["10.0.0.0/8"]}),
        ("http://id.example.org", {"egress.allow_http": True}),
    ],
    ids=lambda part: str(part),
)
def test_operators_open_what_is_closed(issuer, opening):
    assert load(env={}, overrides={**GOOD, "oidc.issuer": issuer, **opening}).oidc.issuer == issuer


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("oidc__scopes", ["email"], "must hold openid"),
        ("oidc__scopes", ["openid email"], "must be of visible ASCII characters"),
        ("oidc__client_id", "prona flow", "must be of visible ASCII characters"),
        ("oidc__client_secret", "gehe\u00efm", "must be of visible ASCII characters"),
        ("oidc__provider", "My Login", "must be 1 to 40 of a-z, 0-9 and -"),
        ("oidc__redirect_uris", ["https://app.example.org/#back"], "must not hold a #"),
        ("oidc__redirect_uris", ["myapp://back"], "must start with http:// or https://"),
    ],
)
def test_the_rest_is_checked_too(name, value, words):
    assert words in "\n".join(told(**{name: value}))


def test_all_mistakes_are_named_at_once():
    assert len(told(oidc__issuer="http://id.example.org", oidc__scopes=["email"])) == 2


def test_the_library_is_missed_at_the_start_and_not_at_the_first_sign_in(monkeypatch):
    monkeypatch.setattr(sign_in, "find_spec", lambda name: None)
    [problem] = told()
    assert "pip install 'pronaflow-kernel[oidc]'" in problem


def test_the_secret_is_masked():
    settings = load(env={}, overrides={**GOOD, "oidc.client_secret": "between-us"})
    assert "between-us" not in repr(settings)


def test_a_server_without_a_provider_does_not_load_the_library(tmp_path):
    command = [sys.executable, "-c", WITHOUT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
