"""What is an access token of ours, and what only looks like one (RFC 8725, RFC 9068)."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pronaflow_kernel.identity.models import User
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.secrets import JWT

ME = "/api/v1/auth/me"
STATUS = "/api/v1/system/plugins"


def key_of(house):
    return house.world.kernel.keys.active(JWT)


def parts(token):
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def segment(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(house, header, claims):
    """A token with a good signature of ours over whatever header and claims."""
    message = f"{segment(header)}.{segment(claims)}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    mac = algorithm.sign(message.encode(), algorithm.prepare_key(key_of(house).secret))
    return f"{message}.{segment(mac)}"


def with_header(**changes):
    def forge(house, header, claims):
        return signed(house, {**header, **changes}, claims)

    return forge


def without_header(name):
    def forge(house, header, claims):
        return signed(house, {key: value for key, value in header.items() if key != name}, claims)

    return forge


def with_claims(**changes):
    def forge(house, header, claims):
        return signed(house, header, {**claims, **changes})

    return forge


def without_claim(name):
    def forge(house, header, claims):
        return signed(house, header, {key: value for key, value in claims.items() if key != name})

    return forge


def later(**seconds):
    def forge(house, header, claims):
        return signed(house, header, {**claims, **{k: claims[k] + s for k, s in seconds.items()}})

    return forge


def by_another_key(house, header, claims):
    return jwt.encode(claims, "k" * 64, algorithm="HS256", headers=header)


def by_a_public_key(house, header, claims):
    """What would pass where a public key in PEM were taken for the secret of an HMAC."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    message = f"{segment(header)}.{segment(claims)}"
    mac = jwt.get_algorithm_by_name("HS256").sign(message.encode(), pem)
    return f"{message}.{segment(mac)}"


def unsigned(house, header, claims):
    return f"{segment({**header, 'alg': 'none'})}.{segment(claims)}."


def of_another_algorithm(house, header, claims):
    return jwt.encode(claims, key_of(house).secret.ljust(64), algorithm="HS512", headers={**header})


def with_a_changed_letter(house, header, claims):
    good = signed(house, header, claims)
    return good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]


def huge(house, header, claims):
    return signed(house, header, {**claims, "email": "n" * 9000})


def deep(house, header, claims):
    return f"{segment(header)}.{segment(b'[' * 3000 + b']' * 3000)}.{'A' * 43}"


CLAIMS = ("sub", "sid", "jti", "iss", "aud", "iat", "nbf", "exp")
FORGERIES = {
    "no kid": without_header("kid"),
    "unknown kid": with_header(kid="0123456789ab"),
    "kid that is a path": with_header(kid="../../dev/null"),
    "kid that is a number": with_header(kid=7),
    "jku": with_header(jku="https://evil.example/keys"),
    "x5u": with_header(x5u="https://evil.example/chain"),
    "x5c": with_header(x5c=["MIIB"]),
    "jwk": with_header(jwk={"kty": "oct", "k": "AAAA"}),
    "crit": with_header(crit=["exp"], exp=1),
    "unencoded payload": with_header(crit=["b64"], b64=False),
    "zip": with_header(zip="DEF"),
    "typ of RFC 9068": with_header(typ="at+jwt"),
    "typ of an ID token": with_header(typ="id+jwt"),
    "no typ": without_header("typ"),
    "alg none": unsigned,
    "alg None": with_header(alg="None"),
    "alg RS256 signed by our secret": with_header(alg="RS256"),
    "alg HS512": of_another_algorithm,
    "no alg": without_header("alg"),
    "another key": by_another_key,
    "a public key as secret": by_a_public_key,
    "a changed letter": with_a_changed_letter,
    **{f"no {name}": without_claim(name) for name in CLAIMS},
    "exp null": with_claims(exp=None),
    "exp text": with_claims(exp="9999999999"),
    "exp fraction": with_claims(exp=9999999999.5),
    "exp true": with_claims(exp=True),
    "expired": later(exp=-1800),
    "begins too late": later(nbf=31),
    "issued too late": later(iat=31),
    "another issuer": with_claims(iss="https://evil.example"),
    "issuers in a list": with_claims(iss=["http://localhost:8000"]),
    "another audience": with_claims(aud="http://localhost:8000/other"),
    "our audience in a list": with_claims(aud=["http://localhost:8000/api"]),
    "sub of somebody else": with_claims(sub=new_id()),
    "sub a number": with_claims(sub=7),
    "sid of nothing": with_claims(sid=new_id()),
    "sid no id": with_claims(sid="' or 1=1 --"),
    "sid a list": with_claims(sid=[]),
    "claims that are no object": lambda house, header, claims: signed(house, header, [1]),
    "claims that are no JSON": lambda house, header, claims: signed(house, header, b"{"),
    "header that is no object": lambda house, header, claims: signed(house, [1], claims),
    "two parts": lambda house, header, claims: signed(house, header, claims).rpartition(".")[0],
    "four parts": lambda house, header, claims: f"{signed(house, header, claims)}.AAAA",
    "larger than any of ours": huge,
    "deeply nested": deep,
}  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_nothing_else_passes_for_an_access_token(house, forge):
    person, _ = house.signed_in(house.resident())
    person.token = forge(house, *parts(person.token))

    reply = person.get(ME)

    assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_forgeries_fail_for_what_they_change(house):
    """The same hand that forges writes a token that passes."""
    person, _ = house.signed_in(house.resident())
    person.token = signed(house, *parts(person.token))

    assert person.get(ME).status == 200


def test_a_token_holds_what_is_needed_to_check_it(house):
    account = house.resident()
    person, _ = house.signed_in(account)

    header, claims = parts(person.token)

    assert header == {"alg": "HS256", "typ": "JWT", "kid": key_of(house).kid}
    assert claims.keys() == {
        "iss", "aud", "sub", "sid", "jti", "email", "username", "roles", "iat", "nbf", "exp",
    }  # fmt: skip
    assert (claims["iss"], claims["aud"]) == ("http://localhost:8000", "http://localhost:8000/api")
    assert claims["sid"] == house.sessions(account)[0]["id"]
    assert claims["iat"] == claims["nbf"] == int(house.clock.now().timestamp())


def test_no_two_tokens_have_the_same_id(house):
    _, refresh = house.signed_in(house.resident())
    first = house.refresh(refresh).data
    second = house.refresh(first["refresh_token"]).data

    assert parts(first["access_token"])[1]["jti"] != parts(second["access_token"])[1]["jti"]


def test_the_longest_names_fit_into_a_token(house):
    account = house.newcomer()
    account.email = f"{account.username}@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example"
    account.id = house.register(account).data["id"]
    person, _ = house.signed_in(account)

    assert person.get(ME).status == 200


def test_a_clock_that_is_half_a_minute_behind_locks_nobody_out(house):
    person, refresh = house.signed_in(house.resident())

    house.clock.advance(-30)

    assert person.get(ME).status == 200
    assert house.refresh(refresh).status == 200
    house.clock.advance(30)


class TestRoles:
    def test_what_a_token_says_of_roles_decides_nothing(self, house):
        person, _ = house.signed_in(house.resident())
        header, claims = parts(person.token)

        person.token = signed(house, header, {**claims, "roles": ["user", "admin"]})

        assert person.get(STATUS).status == 403

    def test_becoming_an_administrator_counts_at_once_and_so_does_the_end(self, house):
        account = house.resident()
        person, _ = house.signed_in(account)
        seen = []

        for is_system_admin in (False, True, False):
            with house.world.kernel.db.write(Scope.system()) as uow:
                uow.update(User, uow.get(User, account.id), {"is_system_admin": is_system_admin})
            seen.append(person.get(STATUS).status)

        assert seen == [403, 200, 403]


class TestKeys:
    OLD = "3f0c1a9be7d24856a1c7e9f05b3d2846"
    NEW = "c85e21f7049b4d6c8a3e6b1d97f50a42"

    def test_after_a_rotation_both_old_and_new_tokens_work(self, new_house):
        before = new_house(top={"secret_key": [self.OLD]})
        account = before.resident()
        person, _ = before.signed_in(account)

        after = new_house(over=before, top={"secret_key": [self.NEW, self.OLD]})

        old, new = after.world.anonymous(), after.signed_in(account)[0]
        old.token = person.token
        assert [old.get(ME).status, new.get(ME).status] == [200, 200]
        assert parts(new.token)[0]["kid"] == key_of(after).kid != parts(old.token)[0]["kid"]

    def test_a_key_that_was_dropped_ends_its_tokens(self, new_house):
        before = new_house(top={"secret_key": [self.OLD]})
        person, refresh = before.signed_in(before.resident())

        after = new_house(over=before, top={"secret_key": [self.NEW]})

        again = after.world.anonymous()
        again.token = person.token
        assert again.get(ME).status == 401
        again.token = after.refresh(refresh).data["access_token"]
        assert again.get(ME).status == 200

    def test_after_a_move_to_another_address_a_refresh_leads_on(self, new_house):
        before = new_house(top={"public_url": "https://old.example", "secret_key": [self.OLD]})
        person, refresh = before.signed_in(before.resident())

        after = new_house(over=before, top={"public_url": "https://new.example/", "secret_key": [self.OLD]})

        moved = after.world.anonymous()
        moved.token = person.token
        assert moved.get(ME).status == 401
        moved.token = after.refresh(refresh).data["access_token"]
        assert moved.get(ME).status == 200
        assert parts(moved.token)[1]["iss"] == "https://new.example"
