"""Deleting an account together with what plugins hold: all of it or nothing."""

from importlib.metadata import EntryPoint

import pytest
from sqlalchemy import select

from pronaflow_kernel.api import hookimpl
from pronaflow_kernel.attribution import as_kernel
from pronaflow_kernel.errors import Conflict
from pronaflow_kernel.identity.leaving.personal_data import collect
from pronaflow_kernel.identity.models import Session, User
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

ME = "/api/v1/auth/me"


@pytest.fixture
def hook(monkeypatch):
    """What the plugin `sampler` does to forget somebody; tests put another function in."""
    from sampler_plugin.plugin import SamplerPlugin

    acts = [lambda uow, user_id: None]

    @hookimpl
    def erase_user_data(self, uow, user_id):
        acts[-1](uow, user_id)

    monkeypatch.setattr(SamplerPlugin, "erase_user_data", erase_user_data)
    return acts


@pytest.fixture
def sampler(new_database, tmp_path, hook):
    """A server with the plugin `sampler`."""
    plugin = EntryPoint("sampler", "sampler_plugin.plugin:SamplerPlugin", GROUP)
    made = World(new_database(), tmp_path, candidates=discover([plugin]))
    yield made
    made.close()


def state(world, person):
    with world.kernel.db.read(Scope.system()) as reader:
        sessions = reader.all(select(Session.__table__).where(Session.user_id == person.id))
        return reader.get(User, person.id), sessions, world.workspace(person.workspace_id)


class TestPlugins:
    def test_one_that_fails_keeps_everything(self, sampler, hook):
        person = sampler.person("ann")
        before = state(sampler, person)
        hook.append(lambda uow, user_id: 1 / 0)

        refused = person.request("DELETE", ME, {})

        assert (refused.status, refused.error["code"]) == (503, "PLUGIN_FAILED")
        assert refused.error["details"]["plugin"] == "sampler"
        assert state(sampler, person) == before

    def test_one_that_refuses_keeps_everything_and_says_why(self, sampler, hook):
        person = sampler.person("ann")
        before = state(sampler, person)

        def refuse(uow, user_id):
            raise Conflict("Your invoices are open", details={"reason": "open_invoices"})

        hook.append(refuse)
        refused = person.request("DELETE", ME, {})

        assert (refused.status, refused.error["message"]) == (409, "Your invoices are open")
        assert state(sampler, person) == before

    def test_it_is_asked_in_no_workspace_while_it_can_still_look_the_address_up(self, sampler, hook):
        person, seen = sampler.person("ann"), []
        address = select(User.email).where(User.id == person.id)
        hook.append(
            lambda uow, user_id: seen.append((user_id, uow.scope.workspace_id, as_kernel(uow.value)(address)))
        )
        assert person.request("DELETE", ME, {}).status == 204
        assert seen == [(person.id, None, person.email)]

    def test_one_that_is_off_in_a_workspace_is_asked(self, sampler, hook):
        person, seen = sampler.person("ann"), []
        hook.append(lambda uow, user_id: seen.append(user_id))
        sampler.kernel.switches.set("sampler", False, person.workspace_id)
        assert person.request("DELETE", ME, {}).status == 204
        assert seen == [person.id]

    def test_one_that_is_off_cannot_be_asked(self, sampler):
        person = sampler.person("ann")
        sampler.kernel.switches.set("sampler", False)
        refused = person.request("DELETE", ME, {})
        assert (refused.status, refused.error["details"]["plugins"]) == (409, ["sampler"])
        assert person.get(ME).status == 200

    def test_what_is_collected_names_who_did_not_answer(self, sampler):
        person = sampler.person("ann")
        with sampler.kernel.db.read(Scope.system()) as reader:
            assert collect(sampler.kernel, reader, person.id)["left_out"] == []
        sampler.kernel.switches.set("sampler", False)
        with sampler.kernel.db.read(Scope.system()) as reader:
            assert collect(sampler.kernel, reader, person.id)["left_out"] == ["sampler"]
