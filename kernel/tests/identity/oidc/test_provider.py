"""A provider that is wrong, slow, away or evil ends in a refusal with words, never in a session or a 500."""

from __future__ import annotations

import logging

import pytest
from flask import Response, redirect
from joserfc.jwk import ECKey

from pronaflow_kernel.testing.openid import CLIENT_ID, json_answer

AUTH = "/api/v1/auth"


@pytest.fixture(scope="session")
def narrow(new_desk):
    """One request at a time may wait for the provider."""
    return new_desk({"server.threads": 2})


@pytest.fixture(scope="session")
def public(new_desk):
    """A client without a secret."""
    return new_desk(client_secret="")


def away(answer):
    """Whether somebody was told that the provider fails, and when to try again."""
    assert answer.status == 503, f"{answer.status}: {answer.json}"
    told = (answer.error["code"], answer.error["details"]["reason"], answer.headers["Retry-After"])
    return told == ("SERVICE_UNAVAILABLE", "provider_unavailable", "5")


def refused(answer):
    """Whether the provider's word was not taken."""
    told = answer.status, answer.json["error"]["details"].get("reason")
    return told == (401, "id_token_refused")


class TestIdTokens:
    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
    def test_are_taken_with_a_signature_that_only_the_provider_can_make(self, desk, algorithm):
        desk.somebody()
        desk.provider.algorithm = algorithm
        desk.provider.rotate()
        assert desk.sign_in().status == 200

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    def test_are_refused_with_one_that_anybody_can_make(self, desk, algorithm):
        desk.somebody()
        if algorithm == "HS256":  # with the public key as the secret
            desk.provider.algorithm = "RS256"
            desk.provider.rotate()
        desk.provider.algorithm = algorithm
        assert refused(desk.sign_in())

    @pytest.mark.parametrize(
        "said",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "another"},
            {"aud": ["another", "third"]},
            {"aud": "another", "azp": CLIENT_ID},
            {"aud": None},
            {"aud": [CLIENT_ID, "another"]},
            {"aud": [CLIENT_ID, "another"], "azp": "another"},
            {"azp": "another"},
            {"iss": "https://evil.example.org"},
            {"iss": None},
            {"sub": None},
            {"exp": None},
            {"exp": "soon"},
            {"exp": True},
            {"iat": None},
            {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
            {"at_hash": ["list"]},
            {"auth_time": "yesterday"},
        ],
        ids=str,
    )
    def test_are_refused_that_say_something_else(self, desk, said):
        desk.somebody()
        desk.provider.claims = said
        assert refused(desk.sign_in())

    def test_are_taken_for_several_if_they_are_issued_to_us(self, desk):
        desk.somebody()
        desk.provider.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
        assert desk.sign_in().status == 200

    def test_of_an_issuer_with_a_slash_more_are_another_issuers(self, desk):
        desk.somebody()
        desk.provider.claims = {"iss": f"{desk.provider.issuer}/"}
        assert refused(desk.sign_in())

    @pytest.mark.parametrize(("seconds", "good"), [(-59, True), (-61, False)])
    def test_end_when_they_say_give_or_take_a_minute(self, desk, seconds, good):
        desk.somebody()
        desk.provider.claims = {"exp": int(desk.clock.now().timestamp()) + seconds}
        answer = desk.sign_in()
        assert answer.status == 200 if good else refused(answer)

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    @pytest.mark.parametrize(("seconds", "good"), [(59, True), (61, False)])
    def test_are_not_from_the_future_give_or_take_a_minute(self, desk, claim, seconds, good):
        desk.somebody()
        desk.provider.claims = {claim: int(desk.clock.now().timestamp()) + seconds}
        answer = desk.sign_in()
        assert answer.status == 200 if good else refused(answer)

    @pytest.mark.parametrize("subject", ["", "x" * 256, "a b", "a\u0000b", "\u00e9"], ids=ascii)
    def test_name_a_subject_as_the_standard_has_it(self, desk, subject):
        desk.somebody(sub=subject)
        assert away(desk.sign_in())

    @pytest.mark.parametrize(
        "token", ["", "x", "a.b.c", "e30.e30.e30", "x" * 60_000, 7, None, {"a": 1}], ids=lambda t: str(t)[:9]
    )
    def test_are_tokens(self, desk, token):
        desk.somebody()
        desk.provider.answers["token"] = lambda: json_answer({"access_token": "x", "id_token": token})
        answer = desk.sign_in()
        assert refused(answer) if isinstance(token, str) else away(answer)


class TestKeys:
    def test_are_read_again_when_one_is_unknown(self, desk):
        desk.somebody()
        assert desk.sign_in().status == 200
        desk.provider.rotate()
        desk.provider.asked.clear()
        assert desk.sign_in().status == 200
        assert desk.provider.asked.count("jwks") == 1

    def test_are_read_again_once_only(self, desk):
        desk.somebody()
        published = [key.as_dict(private=False) for key in desk.provider.keys]
        desk.provider.rotate()
        desk.provider.answers["jwks"] = lambda: json_answer({"keys": published})
        assert refused(desk.sign_in())
        assert desk.provider.asked.count("jwks") == 1

    def test_are_kept_for_an_hour(self, desk):
        desk.somebody()
        desk.sign_in()
        desk.sign_in()
        assert (desk.provider.asked.count("jwks"), desk.provider.asked.count("discovery")) == (1, 1)
        desk.clock.advance(3600)
        desk.sign_in()
        assert (desk.provider.asked.count("jwks"), desk.provider.asked.count("discovery")) == (2, 2)

    def test_that_nobody_understands_do_not_hide_the_others(self, desk):
        desk.somebody()
        junk = [
            {"kty": "AKP", "kid": "pq"},
            {"kty": "EC"},
            {"kty": "RSA", "kid": "x", "n": "!"},
            "no key",
            {},
        ]
        good = [key.as_dict(private=False) for key in desk.provider.keys]
        desk.provider.answers["jwks"] = lambda: json_answer({"keys": [*junk, *good]})
        assert desk.sign_in().status == 200

    def test_for_encryption_sign_nothing(self, desk):
        desk.somebody()
        keys = [{**key.as_dict(private=False), "use": "enc"} for key in desk.provider.keys]
        desk.provider.answers["jwks"] = lambda: json_answer({"keys": keys})
        assert refused(desk.sign_in())

    def test_that_are_broken_are_refused(self, desk):
        desk.somebody()
        kid = desk.provider.keys[0].kid
        for key in ({"kty": "EC", "kid": kid}, {"kty": "EC", "kid": kid, "crv": "P-256", "x": "!", "y": 1}):
            desk.provider.answers["jwks"] = lambda key=key: json_answer({"keys": [key]})
            assert refused(desk.sign_in())

    def test_need_no_name_if_there_is_one_only(self, desk):
        desk.somebody()
        desk.provider.keys = [ECKey.generate_key("P-256")]
        assert desk.sign_in().status == 200

    def test_for_encryption_are_not_in_the_way(self, desk):
        desk.somebody()
        desk.provider.keys = [ECKey.generate_key("P-256")]
        [signing] = [key.as_dict(private=False) for key in desk.provider.keys]
        other = ECKey.generate_key("P-256").as_dict(private=False)
        desk.provider.answers["jwks"] = lambda: json_answer({"keys": [{**other, "use": "enc"}, signing]})
        assert desk.sign_in().status == 200

    def test_are_not_guessed_among_several_without_a_name(self, desk):
        desk.somebody()
        desk.provider.keys = [ECKey.generate_key("P-256"), ECKey.generate_key("P-256")]
        assert refused(desk.sign_in())


class TestTheClient:
    def test_shows_its_secret_in_the_header(self, desk):
        desk.somebody()
        assert desk.sign_in().status == 200

    @pytest.mark.parametrize("methods", [["client_secret_post"], ["private_key_jwt", "client_secret_post"]])
    def test_shows_it_in_the_body_where_the_provider_wants_that(self, desk, methods):
        desk.somebody()
        desk.provider.discovery["token_endpoint_auth_methods_supported"] = methods
        assert desk.sign_in().status == 200

    def test_has_nothing_to_show_to_a_provider_that_wants_something_else(self, desk):
        desk.provider.discovery["token_endpoint_auth_methods_supported"] = ["private_key_jwt"]
        assert away(desk.start())

    def test_with_a_wrong_secret_is_the_operators_concern(self, public, opened, caplog):
        desk = opened(public)
        desk.somebody()
        assert away(desk.sign_in())
        assert "invalid_client" in caplog.text

    def test_proves_that_the_code_is_its_own(self, desk):
        """PKCE: what the provider compares is what this server sent at the beginning."""
        desk.somebody()
        flow = desk.flow()
        for asked in desk.provider._codes.values():
            asked["code_challenge"] = "another"
        assert desk.callback(flow).error["details"]["reason"] == "code_refused"


class TestTheProvider:
    JUNK = {
        "error": lambda: Response("oops", 500),
        "nothing": lambda: Response("", 200),
        "page": lambda: Response("<html>maintenance</html>", 200),
        "number": lambda: json_answer(7),
        "list": lambda: json_answer(["x"]),
        "huge": lambda: Response(b'{"a": "' + b"x" * 1_000_000 + b'"}', 200, mimetype="application/json"),
        "compressed": lambda: Response(b"\x1f\x8b", 200, headers={"Content-Encoding": "gzip"}),
        "metadata": lambda: redirect("http://169.254.169.254/latest/meta-data/"),
        "elsewhere": lambda: redirect("http://127.0.0.1:1/"),
        "nested": lambda: Response("[" * 30_000, 200, mimetype="application/json"),
    }

    @pytest.mark.parametrize("kind", JUNK)
    @pytest.mark.parametrize("endpoint", ["discovery", "token", "jwks", "userinfo"])
    def test_that_answers_nonsense_is_away(self, desk, endpoint, kind):
        desk.somebody()
        desk.provider.thin = True
        flow = desk.flow() if endpoint != "discovery" else None
        desk.provider.answers[endpoint] = self.JUNK[kind]
        assert away(desk.callback(flow) if flow else desk.start())

    @pytest.mark.parametrize("endpoint", ["discovery", "token"])
    def test_that_is_slow_is_away_after_the_time_that_the_operator_gives(self, desk, endpoint):
        desk.somebody()
        flow = desk.flow() if endpoint != "discovery" else None
        desk.provider.answers[endpoint] = desk.provider.never
        assert away(desk.callback(flow) if flow else desk.start())

    @pytest.mark.parametrize(
        "changed",
        [
            {"issuer": "https://another.example.org"},
            {"issuer": None},
            {"authorization_endpoint": None},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": "/authorize"},
            {"authorization_endpoint": "http://[::1"},
            {"authorization_endpoint": 7},
            {"token_endpoint": None},
            {"token_endpoint": "file:///etc/passwd"},
            {"jwks_uri": None},
            {"userinfo_endpoint": "ftp://example.org"},
        ],
        ids=str,
    )
    def test_whose_discovery_document_will_not_do_is_away(self, desk, changed):
        desk.provider.discovery = changed
        assert away(desk.start())

    @pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
    @pytest.mark.parametrize(
        "inside", ["http://169.254.169.254/x", "http://10.0.0.1/x", "https://[::ffff:10.0.0.1]/"]
    )
    def test_does_not_lead_into_the_network_behind_the_server(self, desk, endpoint, inside, caplog):
        desk.somebody()
        desk.provider.thin = True
        desk.provider.discovery[endpoint] = inside
        assert away(desk.sign_in())
        assert "does not send requests to" in caplog.text

    def test_is_left_alone_for_a_while_after_a_failure(self, desk):
        desk.provider.answers["discovery"] = lambda: Response("", 500)
        assert away(desk.start())
        assert away(desk.start())
        assert desk.provider.asked == ["discovery"]
        desk.clock.advance(5)
        del desk.provider.answers["discovery"]
        assert desk.start().status == 200

    def test_does_not_keep_all_threads_waiting(self, narrow, opened):
        desk = opened(narrow)
        desk.somebody()
        flow = desk.flow()
        desk.provider.answers["token"] = lambda: _while_waiting(desk)
        assert desk.callback(flow).status in (401, 503)
        assert away(desk.meanwhile)

    def test_whose_user_info_is_of_somebody_else_is_away(self, desk):
        desk.somebody()
        desk.provider.thin = True
        other = {"sub": "another", "email": "boss@example.org", "email_verified": True}
        desk.provider.answers["userinfo"] = lambda: json_answer(other)
        assert away(desk.sign_in())

    def test_cannot_have_an_unproved_address_proved_by_the_id_token(self, desk):
        desk.somebody(email_verified=None)
        desk.provider.thin = True
        desk.provider.claims["email_verified"] = True
        assert desk.sign_in().error["details"]["reason"] == "email_not_verified_by_provider"


class TestSecrets:
    def test_stand_in_no_log(self, desk, caplog):
        logging.getLogger("authlib").setLevel(logging.DEBUG)
        caplog.set_level(logging.DEBUG)
        desk.somebody()
        flow = desk.flow()
        answer = desk.callback(flow)
        assert answer.status == 200
        desk.provider.claims = {"nonce": "another"}
        assert desk.sign_in().status == 401
        told = caplog.text
        hidden = [
            flow.code,
            flow.state,
            flow.flow_secret,
            "of-the-client-and-the-provider",
            answer.data["refresh_token"],
        ]
        assert [secret for secret in hidden if secret in told] == []
        assert "eyJ" not in told

    def test_of_authlib_are_kept_out_of_the_log_for_good(self, new_desk):
        logging.getLogger("authlib").setLevel(logging.DEBUG)
        new_desk()
        assert logging.getLogger("authlib").level == logging.INFO


def _while_waiting(desk):
    """What somebody else is told while the provider has not answered yet."""
    desk.provider.answers.clear()
    desk.clock.advance(3601)  # the discovery document must be read again
    desk.meanwhile = desk.start()
    return json_answer({"error": "invalid_grant"}, 400)
