"""Workspaces and memberships: what holds whoever asks for a change."""

from __future__ import annotations

import pytest

from pronaflow_kernel.api import Conflict, Forbidden, NotFound, Principal, Scope, Workspace, tenancy
from pronaflow_kernel.testing import Person, World


def test_a_credential_that_is_bound_to_a_workspace_enters_no_other(
    world: World, ann: Person, bob: Person
) -> None:
    bound = Scope(Principal("token", user_id=ann.id, workspace_id=ann.workspace_id))
    with world.kernel.db.write(bound, dry_run=True) as uow:
        tenancy.enter(uow, ann.workspace_id, "owner")
        assert uow.scope.workspace_id == ann.workspace_id
        with pytest.raises(Forbidden):
            tenancy.enter(uow, bob.workspace_id, "owner")
        with pytest.raises(Forbidden):
            tenancy.create_workspace(uow, ann.id, {"name": "Another"})


def test_the_system_cannot_remove_the_last_owner_either(world: World, ann: Person) -> None:
    with world.kernel.db.write(Scope.system(ann.workspace_id), dry_run=True) as uow:
        owner = tenancy.member(uow, ann.id)
        with pytest.raises(Conflict):
            tenancy.remove_member(uow, owner)
        with pytest.raises(Conflict):
            tenancy.change_role(uow, owner, "viewer")


def test_whoever_has_left_is_no_member(world: World, ann: Person, bob: Person) -> None:
    world.join(ann.workspace_id, bob, "member")
    with world.kernel.db.write(Scope.system(ann.workspace_id), dry_run=True) as uow:
        tenancy.remove_member(uow, tenancy.member(uow, bob.id))
        assert not tenancy.is_member(uow, bob.id)
        with pytest.raises(NotFound):
            tenancy.member(uow, bob.id)


def test_only_a_trashed_workspace_is_restored(world: World, ann: Person) -> None:
    with world.kernel.db.write(Scope.system(ann.workspace_id), dry_run=True) as uow:
        workspace = uow.get(Workspace, ann.workspace_id)
        with pytest.raises(Conflict):
            tenancy.restore_workspace(uow, workspace)
        trashed = tenancy.trash_workspace(uow, workspace)
        with pytest.raises(NotFound):
            uow.get(Workspace, ann.workspace_id)
        assert tenancy.restore_workspace(uow, trashed)["lifecycle"] == "active"
