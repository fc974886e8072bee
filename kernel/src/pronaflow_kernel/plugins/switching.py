"""Throwing a switch by the rules, whoever does it: the command line or a system administrator.

A plugin is on only where everything is on that it requires. So what it requires is switched on with it, and
what requires it is switched off with it, and whoever throws the switch must say that they want that.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from ..errors import Conflict, NotFound
from ..ids import as_id
from ..persistence.scope import SCOPE_WORKSPACE, Scope
from ..tenancy.models import Workspace
from .base import Plugin
from .following import requirements
from .guard import described

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..persistence.database import Database
    from ..persistence.uow import UnitOfWork
    from .switches import Switches

_WORKSPACE = select(Workspace.id).where(Workspace.id == SCOPE_WORKSPACE, Workspace.lifecycle == "active")

log = logging.getLogger("pronaflow.plugins")


@dataclass(frozen=True, slots=True)
class Thrown:
    """What became of one plugin.

    Arguments:
        plugin_id: which; enabled: whether it is on now.
        changed: whether it was not so before.
        since: from when on it was off; None where it never was on, or was on before.
    """

    plugin_id: str
    enabled: bool
    changed: bool
    since: datetime | None = None


class MustFollow(Conflict):
    """Other plugins would have to be switched too, and nobody said that they may be.

    Arguments:
        message: who stands on whom.
        plugin_ids: the others.
    """

    def __init__(self, message: str, plugin_ids: Sequence[str]) -> None:
        super().__init__(message, details={"must_follow": list(plugin_ids)})
        self.plugin_ids = list(plugin_ids)


def throw(
    db: Database,
    switches: Switches,
    plugin_id: str,
    enabled: bool,
    *,
    workspace_id: str | None = None,
    cascade: bool = False,
    place: str = "plugins.disabled",
) -> list[Thrown]:
    """Switch a plugin on or off, and with it those that must follow; running servers follow within a second.

    Arguments:
        db: where the workspaces are.
        workspace_id: throw the switch for this workspace only.
        cascade: whether others may be switched, too.
        place: where the settings keep plugins off, for whoever is refused.

    Returns:
        What was thrown in order of the throws, the plugin itself last, then what came on or went off by that.

    Raises:
        NotFound: there is no such workspace.
        MustFollow: others would have to follow.
        Conflict: the settings keep it off, or it is off for the whole server.
    """
    if workspace_id is not None:
        check_workspace(db, workspace_id)
    others = _along(switches, plugin_id, enabled, workspace_id, place)
    if others and not cascade:
        raise _must_follow(plugin_id, enabled, others)
    before = _off(switches, workspace_id)
    since = {each: switches.off_since(each, workspace_id) for each in before} if enabled else {}
    for each in (*others, plugin_id):
        switches.set(each, enabled, workspace_id)
    after = _off(switches, workspace_id)
    moved = before - after if enabled else after - before
    named = [*others, plugin_id]
    along = [each for each in switches.manifests if each in moved and each not in named]
    return [Thrown(each, enabled, each in moved, since.get(each)) for each in (*named, *along)]


def throw_in(
    uow: UnitOfWork, switches: Switches, plugin_id: str, enabled: bool, *, cascade: bool = False
) -> list[Thrown]:
    """`throw` for the workspace of a unit of work, and as part of it.

    Arguments:
        cascade: whether others may be switched, too.

    Returns:
        What becomes of those that are thrown once the unit of work commits, the plugin itself last.

    Raises:
        MustFollow, Conflict: as `throw`.
    """
    workspace_id = uow.scope.workspace_id
    assert workspace_id is not None, "a unit of work in no workspace cannot throw a switch of one"
    switches.look_again()  # what others have thrown in this half second counts, too
    others = _along(switches, plugin_id, enabled, workspace_id, "plugins.disabled")
    if others and not cascade:
        raise _must_follow(plugin_id, enabled, others)
    thrown = []
    for each in (*others, plugin_id):
        changed = switches.active(each, workspace_id) != enabled
        since = switches.off_since(each, workspace_id) if enabled and changed else None
        thrown.append(Thrown(each, enabled, changed, since))
    for each in (*others, plugin_id):
        switches.set_in(uow, each, enabled)
    return thrown


def check_workspace(db: Database, workspace_id: str) -> None:
    """Refuse an id that is of no workspace.

    Raises:
        NotFound: there is none, or it is in the trash.
    """
    found = as_id(workspace_id)
    with db.read(Scope.system(found)) as reader:
        if found is None or reader.one(_WORKSPACE) is None:
            raise NotFound(f"There is no workspace {workspace_id}")


def tell(kernel: Kernel, thrown: Sequence[Thrown], workspace_id: str | None = None) -> dict[str, str]:
    """Call `on_enable` or `on_disable` of the plugins that were just switched, in order of start.

    Returns:
        Of each plugin that failed to hear it, how, in words; its switch stays as it was thrown.
    """
    moved = {each.plugin_id: each for each in thrown if each.changed}
    failed = {}
    for plugin_id, brought in kernel.contributions.items():
        if plugin_id not in moved:
            continue
        name = "on_enable" if moved[plugin_id].enabled else "on_disable"
        if getattr(type(brought.plugin), name) is not getattr(Plugin, name):
            try:
                _tell(kernel, name, moved[plugin_id], workspace_id)
            except Exception as error:
                log.exception("%s of plugin %s failed", name, plugin_id)
                failed[plugin_id] = described(error)
    return failed


def _tell(kernel: Kernel, name: str, thrown: Thrown, workspace_id: str | None) -> None:
    with (
        kernel.db.write(Scope.system(workspace_id), origin="system") as uow,
        kernel.guard.watching(thrown.plugin_id, name),
    ):
        plugin = kernel.contributions[thrown.plugin_id].plugin
        if thrown.enabled:
            plugin.on_enable(uow, thrown.since)
        else:
            plugin.on_disable(uow)


def _along(
    switches: Switches, plugin_id: str, enabled: bool, workspace_id: str | None, place: str
) -> list[str]:
    """What must be switched along with a plugin.

    Raises:
        Conflict: it cannot be switched on, whatever is switched along.
    """
    if not enabled:
        return _followers(switches, plugin_id, workspace_id)
    others = _needed(switches, plugin_id, workspace_id)
    _refuse_overruled(switches, [*others, plugin_id], workspace_id, place)
    return others


def _off(switches: Switches, workspace_id: str | None) -> frozenset[str]:
    return switches.off() if workspace_id is None else switches.off() | switches.off_in(workspace_id)


def _needed(switches: Switches, plugin_id: str, workspace_id: str | None) -> list[str]:
    """What a plugin requires and is off, in order of start."""
    off = switches.off() if workspace_id is None else switches.off_in(workspace_id)
    needed = requirements(switches.manifests, plugin_id)
    return [each for each in switches.manifests if each in needed and each in off]


def _followers(switches: Switches, plugin_id: str, workspace_id: str | None) -> list[str]:
    """What is on and requires a plugin, the last to start first."""
    off = _off(switches, workspace_id)
    return [
        each
        for each in reversed(list(switches.manifests))
        if each not in off and plugin_id in requirements(switches.manifests, each)
    ]


def _refuse_overruled(
    switches: Switches, plugin_ids: list[str], workspace_id: str | None, place: str
) -> None:
    if held := [each for each in plugin_ids if each in switches.held]:
        raise Conflict(f"The settings keep {', '.join(held)} off, and they win: see {place}")
    if workspace_id is None:
        return
    if off := [each for each in plugin_ids if each in switches.off()]:
        words = f"{', '.join(off)} {_are(off)} switched off for the whole server"
        raise Conflict(f"{words}: switch {_them(off)} on there first")


def _must_follow(plugin_id: str, enabled: bool, others: list[str]) -> MustFollow:
    names = ", ".join(sorted(others))
    if enabled:
        return MustFollow(f"{plugin_id} requires {names}, which {_are(others)} off", others)
    return MustFollow(f"{names} {'requires' if len(others) == 1 else 'require'} {plugin_id}", others)


def _are(plugin_ids: Sequence[str]) -> str:
    return "is" if len(plugin_ids) == 1 else "are"


def _them(plugin_ids: Sequence[str]) -> str:
    return "it" if len(plugin_ids) == 1 else "them"
