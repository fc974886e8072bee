"""What identity does in the background: nothing that was answered is lost, and what is over is forgotten."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from pronaflow_kernel.identity.mfa.models import Challenge
from pronaflow_kernel.identity.models import Attempt, OneTimeToken, RefreshToken, Session
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs.models import Job
from pronaflow_kernel.persistence.scope import Scope

AUTH = "/api/v1/auth"
DAY = timedelta(days=1)


def waiting(house):
    """The jobs that wait, as an operator sees them."""
    with house.world.kernel.bus.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(Job)).mappings()]


class TestAfterTheAnswer:
    """The server is killed when it has answered; another one over the same database does the rest."""

    @pytest.fixture
    def rules(self):
        top = {"secret_key": ["Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"]}
        return {"top": top, "require_email_verification": True, "hide_existing_accounts": True}

    @pytest.fixture
    def killed(self, new_house, rules):
        """A server that gets to nothing after its answers."""
        return new_house(**rules)

    @pytest.fixture
    def revived(self, new_house, killed, rules):
        """The next one."""
        return new_house(over=killed, **rules)

    def test_a_hidden_registration_is_done(self, killed, revived):
        account = killed.newcomer()
        assert killed.register(account).status == 201

        assert revived.post(f"{AUTH}/verify-email", revived.proof(account)).status == 200
        assert revived.login(account).status == 200

    def test_a_new_proof_is_mailed(self, killed, revived):
        account = killed.newcomer()
        killed.register(account)
        killed.mails(account)
        assert killed.post(f"{AUTH}/resend-verification", {"email": account.email}).status == 200

        assert revived.post(f"{AUTH}/verify-email", revived.proof(account)).status == 200

    def test_a_new_password_is_mailed(self, killed, revived):
        account = killed.resident()
        assert killed.post(f"{AUTH}/password-reset", {"email": account.email}).status == 200

        body = {**revived.proof(account), "new_password": "Battery-Staple-8"}
        assert revived.post(f"{AUTH}/password-reset/confirm", body).status == 200

    def test_what_waits_tells_an_operator_nothing(self, killed):
        account = killed.newcomer()
        killed.register(account)
        killed.post(f"{AUTH}/password-reset", {"email": account.email})
        killed.post(f"{AUTH}/resend-verification", {"email": account.email})

        rows = waiting(killed)

        assert {row["kind"] for row in rows} == {
            "core.register_unseen", "core.mail_reset", "core.mail_verification"
        }  # fmt: skip
        shown = json.dumps(rows, default=str)
        for word in (account.email, account.username, "argon2"):
            assert word not in shown

    def test_a_wish_is_fulfilled_once(self, killed, revived):
        account = killed.newcomer()
        killed.register(account)

        assert len(revived.mails(account)) == 1
        assert waiting(revived) == []
        revived.world.drain()
        assert len(revived.mails(account)) == 1


class TestForgetting:
    @pytest.fixture
    def own(self, new_house):
        return new_house()

    def tidy_up(self, house):
        with house.world.kernel.db.write(Scope.system()) as uow:
            house.world.kernel.jobs.enqueue(uow, "forget_sign_ins", {})
        house.world.drain()

    def ids(self, house, model):
        with house.world.kernel.db.read(Scope.system()) as reader:
            return {row["id"] for row in reader.all(select(model.__table__))}

    def put(self, house, model, expiry, **values):
        row = {"id": new_id(), "expires_at": house.clock.now() + expiry, **values}
        with house.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(insert(model).values(row))
        return row["id"]

    def made(self, house, account, model):
        """What a row of a table needs besides its id and its end."""
        now = house.clock.now()
        token = {"user_id": account.id, "token_hash": new_id().encode()[:32], "created_at": now}
        return {
            Attempt: {"kind": "test", "account_hash": b"", "source_hash": b"", "at": now},
            OneTimeToken: {**token, "purpose": "test"},
            Challenge: {**token, "token_epoch": 0, "amr": [], "attempts": 0},
        }[model]

    @pytest.mark.parametrize(
        ("model", "kept"),
        [(Attempt, 0 * DAY), (Challenge, 0 * DAY), (OneTimeToken, 7 * DAY)],
        ids=["attempt", "challenge", "one-time token"],
    )
    def test_what_is_over_goes(self, own, model, kept):
        account = own.resident()
        second = timedelta(seconds=1)
        self.put(own, model, -kept, **self.made(own, account, model))
        live = self.put(own, model, second - kept, **self.made(own, account, model))

        self.tidy_up(own)

        assert self.ids(own, model) == {live}

    def test_refresh_tokens_go_when_they_expire(self, own):
        account = own.resident()
        _, token = own.signed_in(account)
        for _ in range(10):
            own.clock.advance(86_400)
            token = own.refresh(token).data["refresh_token"]

        self.tidy_up(own)

        assert [row["generation"] for row in own.refresh_tokens(account)] == [4, 5, 6, 7, 8, 9, 10]
        assert own.refresh(token).status == 200

    def test_a_session_stays_for_ninety_days_after_its_end(self, own):
        account = own.resident()
        own.signed_in(account)
        own.signed_in(account)
        first, second = own.sessions(account)
        end = own.clock.now() - 90 * DAY
        with own.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(Session).where(Session.id == first["id"]).values(expires_at=end))
            later = end + timedelta(seconds=1)
            uow.execute(update(Session).where(Session.id == second["id"]).values(expires_at=later))

        self.tidy_up(own)

        assert self.ids(own, Session) == {second["id"]}
        assert {row["session_id"] for row in own.refresh_tokens(account)} == {second["id"]}
        assert len(self.ids(own, RefreshToken)) == 1
