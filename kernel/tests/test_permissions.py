"""What a file of permissions may say, and a permission that is for system administrators alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pronaflow_kernel.access.authorize import Access
from pronaflow_kernel.access.permissions import Permission, PermissionFileError, load_permissions
from pronaflow_kernel.access.principal import Principal
from pronaflow_kernel.errors import Forbidden
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World

HEAD = '["trees.fell"]\nsummary = "Fell trees"\nscope = "write:trees"\n'


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Reads a file with these lines about one permission."""
    package = f"grove_{abs(hash(request.node.name))}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(lines: str) -> Permission:
        (tmp_path / package / "permissions.toml").write_text(HEAD + lines)
        [permission] = load_permissions(package)
        return permission

    return load


def test_a_permission_may_be_for_system_administrators(load) -> None:
    assert load("system = true").system
    assert not load('workspace = ["owner"]').system


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('system = "yes"', "system must be true or false"),
        ('system = true\nworkspace = ["owner"]', "system = true leaves no place for roles"),
        ('container = ["boss"]', "unknown role boss"),
        ("colour = 1", "unknown key colour"),
    ],
)
def test_what_is_wrong_is_named(load, lines: str, words: str) -> None:
    with pytest.raises(PermissionFileError, match=f"permission trees.fell: {words}"):
        load(lines)


class TestAccess:
    """One permission `fell`, of the plugin `trees`."""

    def refusal(self, world: World, principal: Principal, *, system: bool = False, on: bool = True) -> str:
        """Why it is refused; empty if it is granted."""
        permission = Permission("fell", "Fell trees", "write:trees", system=system)
        access = Access({"fell": permission}, None, None, lambda *_: on)
        access.owners["fell"] = "trees"
        with world.kernel.db.read(Scope(principal)) as reader:
            try:
                access.authorize(reader, "fell")
            except Forbidden as error:
                return error.message
        return ""

    def test_no_role_and_no_scope_replaces_an_administrator(self, world: World) -> None:
        token = Principal("token", scopes=frozenset({"write:trees"}))
        words = "Only system administrators may do this"
        assert self.refusal(world, Principal("user"), system=True) == words
        assert self.refusal(world, token, system=True) == words
        assert self.refusal(world, Principal("user", is_system_admin=True), system=True) == ""
        assert self.refusal(world, Principal.system(), system=True) == ""

    def test_an_administrator_s_token_needs_the_scope(self, world: World) -> None:
        token = Principal("token", is_system_admin=True, scopes=frozenset({"read:trees"}))
        assert self.refusal(world, token, system=True) == "The token lacks the scope write:trees"

    def test_a_permission_of_a_plugin_that_is_off_is_nobody_s(self, world: World) -> None:
        for principal in (Principal("user"), Principal.system()):
            assert self.refusal(world, principal, on=False) == "The plugin trees is switched off"
            assert self.refusal(world, principal) == ""
