"""A sign-in at the provider is finished once, in time, by the browser that began it, on a page of ours."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

AUTH = "/api/v1/auth"
OTHER_PAGE = "https://app.example.org/back"


@pytest.fixture(scope="session")
def two_pages(new_desk):
    """The provider may send people back to two pages."""
    return new_desk(redirect_uris=["http://localhost:8000/oauth/callback", OTHER_PAGE])


def refused(answer, reason):
    return (answer.status, answer.error["code"], answer.error["details"].get("reason")) == (
        401,
        "UNAUTHORIZED",
        reason,
    )


class TestTheBeginning:
    def test_sends_the_browser_to_the_provider(self, desk):
        begun = desk.start().data
        assert begun.keys() == {"authorization_url", "state", "flow_secret", "expires_in"}
        address, asked = (
            begun["authorization_url"].partition("?")[0],
            parse_qs(urlsplit(begun["authorization_url"]).query),
        )
        assert address == f"{desk.provider.issuer}/authorize"
        assert asked["state"] == [begun["state"]]
        assert (asked["response_type"], asked["scope"]) == (["code"], ["openid email profile"])
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert asked["nonce"][0]

    def test_is_another_each_time(self, desk):
        first, second = desk.start().data, desk.start().data
        assert first["state"] != second["state"]
        assert first["flow_secret"] != second["flow_secret"]

    def test_tells_the_secret_to_nobody_but_the_caller(self, desk):
        begun = desk.start().data
        assert begun["flow_secret"] not in begun["authorization_url"]

    def test_stores_nothing(self, desk):
        desk.start()
        with desk.world.statements() as seen:
            assert desk.start().status == 200
        assert seen == []

    @pytest.mark.parametrize(
        "page",
        [
            "http://localhost:8000/oauth/callback/",
            "http://localhost:8000/oauth/callback?next=evil",
            "http://localhost:8000/oauth/callback#",
            "HTTP://localhost:8000/oauth/callback",
            "http://localhost:8000.evil.com/oauth/callback",
            "http://localhost:8000/oauth/callback@evil.com",
            "http://localhost:8000/oauth/../oauth/callback",
            "https://evil.com",
            "javascript:alert(1)",
        ],
    )
    def test_leads_back_to_our_page_letter_by_letter(self, desk, page):
        assert desk.start(redirect_uri=page).faults == {"redirect_uri"}

    def test_demands_the_page(self, desk):
        assert desk.world.anonymous().get(f"{AUTH}/oauth/oidc").faults == {"redirect_uri"}


class TestTheEnd:
    def test_comes_once(self, desk):
        desk.somebody()
        flow = desk.flow()
        assert desk.callback(flow).status == 200
        assert refused(desk.callback(flow), "state_used")

    def test_comes_once_for_two_at_the_same_moment(self, desk):
        desk.somebody()
        flow = desk.flow()
        answers = desk.house.at_once(*[lambda: desk.callback(flow)] * 4)
        assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]

    def test_comes_once_though_the_code_was_wrong(self, desk):
        desk.somebody()
        flow = desk.flow()
        assert refused(desk.callback(flow, code="guessed"), "code_refused")
        assert refused(desk.callback(flow), "state_used")

    def test_comes_within_ten_minutes(self, desk):
        desk.somebody()
        in_time, late = desk.flow(), desk.flow()
        desk.clock.advance(599)
        assert desk.callback(in_time).status == 200
        desk.clock.advance(1)
        assert refused(desk.callback(late), "state_expired")

    def test_comes_from_the_browser_that_began(self, desk):
        """Login CSRF: an attacker signs in at the provider and makes a victim's browser finish it."""
        desk.somebody()
        attackers, victims = desk.flow(), desk.start().data
        assert refused(desk.callback(attackers, flow_secret=victims["flow_secret"]), "other_browser")
        assert refused(desk.callback(attackers, flow_secret=victims["state"][:100]), "other_browser")
        assert desk.callback(attackers).status == 200  # nothing was used up

    def test_needs_the_secret(self, desk):
        desk.somebody()
        body = desk.flow().body()
        del body["flow_secret"]
        answer = desk.world.anonymous().post(f"{AUTH}/oauth/oidc/callback", body)
        assert answer.faults == {"flow_secret"}

    def test_comes_at_the_page_that_it_was_begun_for(self, two_pages, opened):
        desk = opened(two_pages)
        desk.somebody()
        assert refused(desk.callback(desk.flow(), redirect_uri=OTHER_PAGE), "other_page")
        flow = desk.flow(redirect_uri=OTHER_PAGE)
        assert desk.callback(flow, redirect_uri=OTHER_PAGE).status == 200

    @pytest.mark.parametrize("state", ["x", "gAAAAA", "\u00e9", "a" * 4096])
    def test_takes_no_state_but_ours(self, desk, state):
        desk.somebody()
        assert refused(desk.callback(desk.flow(), state=state), "state_invalid")

    def test_takes_no_state_that_was_changed(self, desk):
        desk.somebody()
        flow = desk.flow()
        middle = len(flow.state) // 2
        changed = flow.state[:middle] + ("A" if flow.state[middle] != "A" else "B") + flow.state[middle + 1 :]
        assert refused(desk.callback(flow, state=changed), "state_invalid")

    def test_takes_no_state_of_another_server(self, desk, two_pages):
        desk.somebody()
        begun = two_pages.start().data
        flow = desk.flow()
        assert refused(
            desk.callback(flow, state=begun["state"], flow_secret=begun["flow_secret"]), "state_invalid"
        )

    def test_does_not_mix_two_sign_ins_of_one_browser(self, desk):
        """The verifier of PKCE is of the state, so that a code does not go with another one."""
        desk.somebody()
        first, second = desk.flow(), desk.flow()
        assert refused(desk.callback(first, code=second.code), "code_refused")


class TestWithoutAProvider:
    def test_there_is_none_to_choose(self, house):
        assert house.world.anonymous().get(f"{AUTH}/oauth").data == []

    def test_there_is_none_to_begin_at_or_to_come_back_from(self, house, desk):
        desk.somebody()
        body = desk.flow().body()
        query = {"redirect_uri": body["redirect_uri"]}
        assert house.world.anonymous().get(f"{AUTH}/oauth/oidc", **query).status == 404
        assert house.post(f"{AUTH}/oauth/oidc/callback", body).status == 404

    def test_there_is_none_of_another_name(self, desk):
        assert desk.world.anonymous().get(f"{AUTH}/oauth").data == [{"id": "oidc", "name": "OpenID Connect"}]
        query = {"redirect_uri": "http://localhost:8000/oauth/callback"}
        assert desk.world.anonymous().get(f"{AUTH}/oauth/google", **query).status == 404
