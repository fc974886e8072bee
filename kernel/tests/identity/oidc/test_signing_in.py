"""Signing in through a provider: who gets in, as whom, and with what session."""

from __future__ import annotations

AUTH = "/api/v1/auth"


def test_people_without_an_account_get_one(desk):
    pia = desk.somebody()
    answer = desk.sign_in().data
    assert (answer["token_type"], answer["mfa_required"]) == ("bearer", False)
    assert answer["user"]["username"] == pia["preferred_username"]
