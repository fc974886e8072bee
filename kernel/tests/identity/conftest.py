"""Servers with different rules for registration, and what the tests of identity do with them."""

import itertools
import re
import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from pronaflow_kernel.events.models import EventPrivate, EventRow
from pronaflow_kernel.identity.models import RefreshToken, Session, User
from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing import World

AUTH = "/api/v1/auth"
PASSWORD = "Correct-Horse-7"

_numbers = itertools.count(1)


@dataclass
class Account:
    """Somebody who registered."""

    email: str
    username: str
    id: str = ""
    password: str = PASSWORD
    ip: str = "192.0.2.1"


class House:
    """A server and the ways of people through it."""

    def __init__(self, world):
        self.world = world
        self.clock = world.clock
        self.post = world.anonymous().post

    def caller(self, ip):
        """Somebody without a credential at an address."""
        person = self.world.anonymous()
        person.client.environ_base["REMOTE_ADDR"] = ip
        return person

    def newcomer(self):
        """Somebody who has no account yet, and a network of their own."""
        number = next(_numbers)
        ip = f"10.{number // 256}.{number % 256}.7"
        return Account(f"Nina.{number}@Example.com", f"Nina_{number}", ip=ip)

    def register(self, account, **changes):
        body = {"email": account.email, "username": account.username, "password": account.password}
        return self.post(f"{AUTH}/register", {**body, **changes})

    def resident(self):
        """Somebody with an account that is open."""
        account = self.newcomer()
        shown = self.register(account).data
        if shown["status"] == "pending_verification":
            proof = self.proof(account)
            assert self.post(f"{AUTH}/verify-email", proof).status == 200
            account.id = proof["user_id"]
        else:
            account.id = shown["id"]
        return account

    def login(self, account, **changes):
        body = {"email": account.email, "password": account.password}
        return self.caller(account.ip).post(f"{AUTH}/login", {**body, **changes})

    def signed_in(self, account):
        """A caller with a session, and its refresh token."""
        tokens = self.login(account).data
        person = self.world.anonymous()
        person.token = tokens["access_token"]
        return person, tokens["refresh_token"]

    def refresh(self, token):
        return self.post(f"{AUTH}/refresh", {"refresh_token": token})

    def mails(self, account):
        """The mails to somebody, delivered now, oldest first."""
        self.world.drain()
        return self.world.outbox.to(account.email)

    def proof(self, account):
        """`user_id` and `token` of the latest mail to somebody."""
        text = self.mails(account)[-1].text
        return {name: re.search(rf"^{name}: (.+)$", text, re.MULTILINE)[1] for name in ("user_id", "token")}

    def reset_proof(self, account):
        self.post(f"{AUTH}/password-reset", {"email": account.email})
        return self.proof(account)

    def sessions(self, account):
        """Rows of somebody's sessions, oldest first."""
        statement = select(Session.__table__).where(Session.user_id == account.id).order_by(Session.id)
        with self.world.kernel.db.read(Scope.system()) as reader:
            return reader.all(statement)

    def refresh_tokens(self, account):
        """Rows of the refresh tokens of somebody's sessions, oldest first."""
        statement = (
            select(RefreshToken.__table__)
            .join(Session, Session.id == RefreshToken.session_id)
            .where(Session.user_id == account.id)
            .order_by(RefreshToken.session_id, RefreshToken.generation)
        )
        with self.world.kernel.db.read(Scope.system()) as reader:
            return reader.all(statement)

    def user_row(self, account):
        with self.world.kernel.db.read(Scope.system()) as reader:
            return reader.get(User, account.id)

    def set_status(self, account, status):
        with self.world.kernel.db.write(Scope.system()) as uow:
            uow.execute(update(User).where(User.id == account.id).values(status=status))

    def events(self, *names):
        """Rows of the ledger, oldest first, with their private part."""
        statement = (
            select(EventRow.__table__, EventPrivate.data.label("private"))
            .outerjoin(EventPrivate, EventPrivate.event_id == EventRow.id)
            .order_by(EventRow.seq)
        )
        with self.world.kernel.db.read(Scope.system()) as reader:
            rows = reader.all(unscoped("a test reads the whole ledger", statement))
        return [row for row in rows if not names or row["type"] in names]

    def events_of(self, user_id, *names):
        return [
            row for row in self.events(*names) if user_id in (row["user_id"], row["payload"].get("user_id"))
        ]

    def at_once(self, *calls):
        """What the calls answer that start at the same moment on threads of their own."""
        barrier = threading.Barrier(len(calls))
        answers = [None] * len(calls)

        def run(index):
            barrier.wait()
            answers[index] = calls[index]()

        threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


@pytest.fixture(scope="session")
def new_house(new_database, tmp_path_factory):
    made = []

    def make(over=None, top=(), **settings):
        """A house with these settings of `auth`.

        Arguments:
            over: the house whose database it shares.
            top: settings outside `auth`, by dotted name.
        """
        overrides = {**dict(top), **{f"auth.{name}": value for name, value in settings.items()}}
        url = over.world.database_url if over else new_database()
        world = World(url, tmp_path_factory.mktemp("data"), overrides, candidates=[])
        if over:
            world.clock.set(over.clock.now())
        made.append(world)
        return House(world)

    yield make
    for world in made:
        world.close()


@pytest.fixture(scope="session")
def house(new_house):
    """Accounts open at once."""
    return new_house(require_email_verification=False)


@pytest.fixture(scope="session")
def gated(new_house):
    """Accounts open when their address is proved."""
    return new_house(require_email_verification=True)


@pytest.fixture(scope="session")
def discreet(new_house):
    """Registration does not tell whether there is an account."""
    return new_house(require_email_verification=True, hide_existing_accounts=True)


@pytest.fixture(scope="session")
def small(new_house):
    """A user may have three sessions."""
    return new_house(max_sessions=3)


@pytest.fixture
def compared(monkeypatch):
    """The passwords that were compared, in order."""
    seen = []
    match = PasswordHashes.match

    def noted(hashes, stored, password):
        seen.append(password)
        return match(hashes, stored, password)

    monkeypatch.setattr(PasswordHashes, "match", noted)
    return seen
