"""A server whose people may sign in through a provider, the provider, and the browsers between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from pronaflow_kernel.clock import FixedClock
from pronaflow_kernel.identity.models import IdentityLink, Session, User
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.tenancy.models import Workspace
from pronaflow_kernel.tenancy.rule import unscoped
from pronaflow_kernel.testing.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from pronaflow_kernel.testing.world import START

AUTH = "/api/v1/auth"
PAGE = "http://localhost:8000/oauth/callback"

_numbers = itertools.count(1)


@dataclass
class Flow:
    """What a browser has when the provider sends it back."""

    code: str
    state: str
    flow_secret: str
    redirect_uri: str = PAGE

    def body(self, **changes):
        return {**vars(self), **changes}


class Desk:
    """The server, the provider, and what browsers do at both."""

    def __init__(self, house, provider):
        self.house, self.world, self.provider = house, house.world, provider
        self.clock = house.clock

    def somebody(self, **claims):
        """Let somebody new sit at the provider."""
        number = next(_numbers)
        self.provider.person = {
            "sub": f"sub-{number}",
            "email": f"Pia.{number}@Example.org",
            "email_verified": True,
            "preferred_username": f"pia{number}",
            "name": f"Pia {number}",
            **claims,
        }
        return self.provider.person

    def start(self, **query):
        return self.world.anonymous().get(f"{AUTH}/oauth/oidc", **{"redirect_uri": PAGE, **query})

    def flow(self, **query):
        begun = self.start(**query).data
        code, state = self.provider.consent(begun["authorization_url"])
        return Flow(code, state, begun["flow_secret"])

    def callback(self, flow, **changes):
        return self.world.anonymous().post(f"{AUTH}/oauth/oidc/callback", flow.body(**changes))

    def sign_in(self, **query):
        return self.callback(self.flow(**query))

    def signed_in(self, **query):
        """A caller with a session that began at the provider."""
        person = self.world.anonymous()
        person.token = self.sign_in(**query).data["access_token"]
        return person

    def link(self, person, **query):
        return person.post(f"{AUTH}/oauth/oidc/link", self.flow(**query).body())

    def links(self, user_id):
        return self._rows(select(IdentityLink.__table__).where(IdentityLink.user_id == user_id))

    def sessions(self, user_id):
        return self._rows(select(Session.__table__).where(Session.user_id == user_id).order_by(Session.id))

    def workspaces(self, user_id):
        statement = select(Workspace.__table__).where(Workspace.owner_id == user_id)
        return self._rows(unscoped("a test looks into all workspaces", statement))

    def user(self, user_id):
        [row] = self._rows(select(User.__table__).where(User.id == user_id))
        return row

    def _rows(self, statement):
        with self.world.kernel.db.read(Scope.system()) as reader:
            return reader.all(statement)


@pytest.fixture(scope="session")
def provider():
    with OpenIdProvider(FixedClock(START)) as running:
        yield running


@pytest.fixture(scope="session")
def new_desk(new_house, provider):
    """Makes servers with settings of `[oidc]`, and others by dotted name."""

    def make(top: dict[str, Any] | None = None, /, **oidc: Any) -> Desk:
        said = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **oidc}
        settings = {"egress.timeout": 1.0, **{f"oidc.{key}": value for key, value in said.items()}}
        return Desk(new_house(top={**settings, **(top or {})}.items()), provider)

    return make


@pytest.fixture(scope="session")
def front(new_desk):
    return new_desk()


@pytest.fixture
def opened(provider):
    """Opens a desk for a test: nothing is known of the provider, which does everything right."""

    def open_desk(desk: Desk) -> Desk:
        desk.clock.advance(7200)
        provider.clock = desk.clock
        provider.reset()
        return desk

    return open_desk


@pytest.fixture
def desk(front, opened):
    return opened(front)
