"""No password, token or hash is where people read: logs, ledger, answers to others."""

import base64
import logging

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pronaflow_kernel.identity.admin import Admin
from pronaflow_kernel.identity.models import OneTimeToken, RefreshToken, User
from pronaflow_kernel.persistence.scope import Scope

AUTH = "/api/v1/auth"


class Life:
    """Everything that can happen to an account, and the secrets that went through it."""

    def __init__(self, house):
        self.house = house
        self.secrets = set()
        self.answers = []

    def run(self):
        house, account = self.house, self.house.newcomer()
        self.secrets |= {account.password, "Battery-Staple-8", "Another-Horse-9", "Wrong-Horse-77"}
        self.setup()
        self.answer(house.register(account))
        self.answer(house.register(account))
        proof = self.proof(house.proof(account))
        self.answer(house.post(f"{AUTH}/verify-email", {**proof, "token": "x"}))
        self.answer(house.post(f"{AUTH}/verify-email", proof))
        self.answer(house.post(f"{AUTH}/verify-email", proof))
        self.answer(house.login(account, password="Wrong-Horse-77"))
        person, token = house.signed_in(account)
        self.secrets |= {person.token, token}
        self.secrets.add(house.refresh(token).data["refresh_token"])
        body = {"current_password": account.password, "new_password": "Battery-Staple-8"}
        self.answer(person.post(f"{AUTH}/password-change", {**body, "current_password": "Wrong-Horse-77"}))
        self.answer(person.post(f"{AUTH}/password-change", body))
        house.clock.advance(60)  # whoever shows it at once is its owner, who gets the successor again
        self.answer(house.refresh(token))
        proof = self.proof(house.reset_proof(account))
        self.answer(house.post(f"{AUTH}/password-reset/confirm", {**proof, "new_password": "weak"}))
        confirm = {**proof, "new_password": "Another-Horse-9"}
        self.answer(house.post(f"{AUTH}/password-reset/confirm", confirm))
        self.hashes()

    def setup(self):
        with self.house.world.kernel.db.write(Scope.system()) as uow:
            url = Admin(self.house.world.kernel).issue_setup_link(uow)
        token, account = url.partition("token=")[2], self.house.newcomer()
        self.secrets.add(token)
        body = {
            "token": token,
            "email": account.email,
            "username": account.username,
            "password": account.password,
        }
        self.answer(self.house.post(f"{AUTH}/setup", body))

    def proof(self, proof):
        self.secrets.add(proof["token"])
        return proof

    def answer(self, reply):
        self.answers.append(reply.body.decode())

    def hashes(self):
        """What is stored of passwords and tokens is a secret too, in any notation."""
        with self.house.world.kernel.db.read(Scope.system()) as reader:
            self.secrets |= {row["password_hash"] for row in reader.all(select(User.password_hash))}
            for model in (OneTimeToken, RefreshToken):
                for row in reader.all(select(model.token_hash)):
                    digest = bytes(row["token_hash"])
                    self.secrets |= {digest.hex(), base64.b64encode(digest).decode(), repr(digest)}

    def leaks(self, text):
        return [secret for secret in self.secrets if secret in text]


@pytest.fixture
def life(new_house, caplog):
    caplog.set_level(logging.DEBUG)
    life = Life(new_house(require_email_verification=True))
    life.run()
    return life


def test_nobody_reads_them(life, caplog):
    ledger = orjson.dumps(life.house.events(), default=str).decode()

    assert len(life.secrets) > 20
    assert life.leaks(ledger) == []
    assert life.leaks(caplog.text) == []
    assert life.leaks("".join(life.answers)) == []


def test_tokens_are_stored_as_hashes(life):
    with life.house.world.kernel.db.read(Scope.system()) as reader:
        tables = [reader.all(select(model.__table__)) for model in (User, OneTimeToken, RefreshToken)]
    stored = repr(tables)

    assert "$argon2id$" in stored
    assert [
        secret for secret in life.leaks(stored) if not secret.startswith(("$argon2id$", "b'", 'b"'))
    ] == []


def test_every_mailed_token_has_256_random_bits(life):
    mailed = [secret for secret in life.secrets if len(secret) == 43 and not secret.endswith("=")]

    assert len(mailed) == 3
    assert all(len(base64.urlsafe_b64decode(token + "=")) == 32 for token in mailed)


def test_an_error_of_the_database_does_not_quote_what_was_to_be_stored(house):
    row = {**house.user_row(house.resident()), "password_hash": "$argon2id$secret"}

    with pytest.raises(IntegrityError) as caught, house.world.kernel.db.write(Scope.system()) as uow:
        uow.insert(User, row)

    assert "core__user" in str(caught.value)
    assert "$argon2id$secret" not in str(caught.value)
