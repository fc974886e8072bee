"""What a workspace does with plugins (modules.md 12.3, architecture.md 4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pronaflow_integrations.api import ConsentNeed, Consents
from pronaflow_kernel.api import (
    Conflict,
    Context,
    EventType,
    Forbidden,
    Manifest,
    NotFound,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
)

from ..catalogue.entries import Entries, Entry, entry_id
from ..catalogue.tallies import lock, recount
from . import configuration
from .consent import CONSENT, RESOURCE, is_agreed
from .events import (
    PLUGIN_ACTIVATED,
    PLUGIN_CONFIGURED,
    PLUGIN_DEACTIVATED,
    PLUGIN_INSTALLED,
    PLUGIN_UNINSTALLED,
    PLUGIN_UPDATED,
    plugin_payload,
)
from .models import Installation
from .queries import ALL_HERE, COUNT, INSTALLED_BY, OF_PLUGIN, ONE

MOST = 100
"""Plugins of a workspace."""

RUNNING = ("ready", "degraded")
"""States of a plugin that works."""

KEPT = timedelta(days=30)
"""For how long the data of a plugin stays that a workspace has uninstalled."""


class Installations:
    """The plugins of the scope's workspace.

    Arguments:
        ctx: of the plugin; entries: the catalogue.
    """

    def __init__(self, ctx: Context, entries: Entries) -> None:
        self._ctx, self._entries = ctx, entries

    def all(self, reader: Reader, active: bool | None) -> list[Row]:
        """The plugins that the workspace has, the newest first; `MOST` of them at most."""
        known, off = self._entries.all(), self._ctx.plugins.off(reader)
        rows = [_shown(row, known, off) for row in reader.all(ALL_HERE)]
        return [row for row in rows if active is None or row["is_active"] is active]

    def get(self, reader: Reader, installation_id: str) -> Row:
        """One of them.

        Raises:
            NotFound: there is none.
        """
        return self._shown(reader, self._row(reader, installation_id))

    def install(self, uow: UnitOfWork, named: str, body: Mapping[str, Any]) -> Row:
        """Switch a plugin on in the workspace, and keep what was agreed to.

        What the plugin held of this workspace is there again if it was uninstalled less than `KEPT` ago.

        Raises:
            NotFound: there is no such plugin.
            Conflict: its code is not on this server or does not run, it is installed already, it is on
                everywhere, it requires one that is not on, or the workspace has `MOST`.
            Forbidden: it asks for permissions that the caller does not have.
            ValidationFailed: the configuration is not as its manifest says, or others were agreed to.
        """
        entry = self._entries.find(named)
        manifest = _runnable(entry)
        row = uow.one(OF_PLUGIN, plugin_id=manifest.id)
        if row is not None and row["purge_after"] is None:
            details = {"installation_id": row["id"]}
            raise Conflict(f"{manifest.name} is installed in this workspace already", details=details)
        if self.count(uow) >= MOST:
            raise Conflict(f"A workspace has at most {MOST} plugins: uninstall one first")
        self._check_consent(uow, manifest, body["permissions"])
        configuration.check(manifest, body["configuration"])
        lock(uow, manifest.id)
        values = {
            "version_seen": entry.version,
            "granted": sorted(manifest.permissions),
            "configuration": body["configuration"],
            "installed_by": uow.scope.principal.user_id,
            "installed_at": uow.now,
            "purge_after": None,
        }
        if row is None:
            stored = uow.insert(Installation, {"plugin_id": manifest.id, **values})
        else:
            stored = uow.update(Installation, row, values).row
        self._record_consent(uow, stored, manifest)
        self._ctx.plugins.switch(uow, manifest.id, True)
        recount(uow, manifest.id)
        self._publish(uow, PLUGIN_INSTALLED, stored)
        return self._shown(uow, stored)

    def configure(self, uow: UnitOfWork, installation_id: str, values: Mapping[str, Any]) -> Row:
        """Give a plugin another configuration.

        Raises:
            ValidationFailed: it is not as the manifest says.
        """
        row = self._row(uow, installation_id)
        configuration.check(self._manifest(row), values)
        done = uow.update(Installation, row, {"configuration": dict(values)})
        if done.changes:
            self._publish(uow, PLUGIN_CONFIGURED, done.row)
        return self._shown(uow, done.row)

    def agree(self, uow: UnitOfWork, installation_id: str, permissions: Sequence[str] | None) -> Row:
        """Agree to what the code on this server asks for now, once an operator has put a newer one there.

        It is also how to agree anew after a consent was taken back: then the plugin is the caller's.

        Raises:
            Conflict: the configuration is not as the new manifest says: mend it first.
            Forbidden, ValidationFailed: as `install`.
        """
        row = self._row(uow, installation_id)
        manifest = self._manifest(row)
        self._check_consent(uow, manifest, permissions)
        try:
            configuration.check(manifest, row["configuration"])
        except ValidationFailed as error:
            words = "The new version wants another configuration: PATCH .../config first"
            raise Conflict(words, details=error.details) from None
        values: Row = {"version_seen": self._version(row), "granted": sorted(manifest.permissions)}
        anew = not is_agreed(row)
        if anew:
            values["installed_by"] = uow.scope.principal.user_id
        done = uow.update(Installation, row, values)
        if anew or "granted" in done.changes:
            self._record_consent(uow, done.row, manifest)
        if done.changes:
            self._publish(uow, PLUGIN_UPDATED, done.row)
        return self._shown(uow, done.row)

    def activate(self, uow: UnitOfWork, installation_id: str, active: bool) -> Row:
        """Switch a plugin off for a while, or on again; its data and configuration stay.

        Raises:
            Conflict: it does not run, nobody agrees to it any more, it requires one that is off, or another
                one that is on requires it.
        """
        row = self._row(uow, installation_id)
        if active and not is_agreed(row):
            words = "The consent to this plugin was taken back: POST .../update agrees anew"
            raise Conflict(words, details={"reason": "no_consent"})
        if active:
            _runnable(self._entries.find(row["plugin_id"]))
        if self._ctx.plugins.switch(uow, row["plugin_id"], active).changed:
            self._publish(uow, PLUGIN_ACTIVATED if active else PLUGIN_DEACTIVATED, row)
        return self._shown(uow, row)

    def uninstall(self, uow: UnitOfWork, installation_id: str) -> None:
        """Switch a plugin off and remove it; what it holds of the workspace is deleted after `KEPT`.

        Raises:
            NotFound: there is none.
            Conflict: another plugin that is on requires it.
        """
        row = self._row(uow, installation_id)
        plugin_id = row["plugin_id"]
        lock(uow, plugin_id)
        if plugin_id in self._ctx.plugins.all():
            self._ctx.plugins.switch(uow, plugin_id, False)
        self._ctx.services.require(Consents).revoke(uow, consent_type=CONSENT, resource_id=row["id"])
        done = uow.update(Installation, row, {"purge_after": uow.now + KEPT})
        recount(uow, plugin_id)
        self._publish(uow, PLUGIN_UNINSTALLED, done.row)

    def count(self, reader: Reader) -> int:
        """How many plugins the scope's workspace has."""
        return int(reader.value(COUNT) or 0)

    def needs(self, reader: Reader, user_id: str) -> list[ConsentNeed]:
        """The consents that a user must have given: one for each plugin that they installed."""
        found = reader.all(INSTALLED_BY, user_id=user_id)
        return [ConsentNeed(CONSENT, RESOURCE, row["id"]) for row in found]

    def _record_consent(self, uow: UnitOfWork, row: Row, manifest: Manifest) -> None:
        """Keep, where people find all that they agreed to, what the caller agrees to now."""
        words = f"{manifest.name}: {', '.join(manifest.permissions) or 'no permissions'}"
        self._ctx.services.require(Consents).grant(
            uow,
            consent_type=CONSENT,
            resource_type=RESOURCE,
            resource_id=row["id"],
            description=words,
            permissions=row["granted"],
        )

    def _row(self, reader: Reader, installation_id: str) -> Row:
        row = reader.one(ONE, id=installation_id)
        if row is None:
            raise NotFound(f"Plugin installation {installation_id} was not found")
        return row

    def _manifest(self, row: Row) -> Manifest:
        """The manifest of the code that an installation is of.

        Raises:
            Conflict: the code is gone.
        """
        found = self._ctx.plugins.all().get(row["plugin_id"])
        if found is None:
            raise Conflict(f"The code of {row['plugin_id']} is not on this server any more: ask its operator")
        return found.manifest

    def _version(self, row: Row) -> str:
        return self._ctx.plugins.all()[row["plugin_id"]].version

    def _check_consent(self, uow: UnitOfWork, manifest: Manifest, agreed: Sequence[str] | None) -> None:
        """Refuse a consent to something else than the plugin asks for, and one that the caller cannot give.

        Raises:
            ValidationFailed, Forbidden: each permission is named.
        """
        asked = set(manifest.permissions)
        if agreed is not None and set(agreed) != asked:
            words = f"{manifest.name} asks for {', '.join(sorted(asked)) or 'no permissions'}: agree to that."
            raise ValidationFailed([Problem("permissions", words, "consent")])
        if lacking := [scope for scope in sorted(asked) if not self._holds(uow, scope)]:
            raise Forbidden(
                f"{manifest.name} asks for permissions that you do not have: {', '.join(lacking)}",
                details={"reason": "permissions_lacking", "permissions": lacking},
            )

    def _holds(self, reader: Reader, scope: str) -> bool:
        """Whether the caller has every right of their workspace that a scope stands for.

        Rights in projects go by the project: whoever runs the workspace decides for those. A scope that only
        administrators of the system have is theirs to give.
        """
        principal, role = reader.scope.principal, reader.scope.workspace_role
        if principal.scopes is not None and scope not in principal.scopes:
            return False
        rights = [each for each in self._ctx.access.permissions.values() if each.scope == scope]
        if all(each.system for each in rights):
            return principal.is_system_admin
        return all(role in each.workspace for each in rights if each.workspace)

    def _shown(self, reader: Reader, row: Row) -> Row:
        return _shown(row, self._entries.all(), self._ctx.plugins.off(reader))

    def _publish(self, uow: UnitOfWork, event_type: EventType, row: Row) -> None:
        uow.publish(event_type, row["id"], plugin_payload(row))


def _runnable(entry: Entry) -> Manifest:
    """The manifest of a plugin that a workspace can switch on.

    Raises:
        Conflict: it cannot; the words tell what has to be done, and by whom.
    """
    manifest, code = entry.manifest, entry.installed
    if code is None:
        assert entry.offer is not None, "what is not installed is offered by an index"
        command = f"pronaflow plugins install {manifest.id}"
        words = f"{manifest.name} is not on this server: its operator installs it ({command}) and restarts"
        raise Conflict(words, details={"reason": "not_on_this_server", "operator_command": command})
    if manifest.scope != "workspace":
        raise Conflict(f"{manifest.name} is part of this server and on in every workspace")
    if code.state not in RUNNING:
        words = f"{manifest.name} does not run on this server, it is {code.state}"
        command = f"pronaflow plugins show {manifest.id}"
        details = {"reason": f"plugin_{code.state}", "operator_command": command}
        raise Conflict(f"{words}: ask its operator ({command} tells why)", details=details)
    return manifest


def _shown(row: Row, known: Mapping[str, Entry], off: Collection[str]) -> Row:
    """An installation as it is shown.

    Arguments:
        known: the catalogue; off: ids of the plugins that are off in the workspace.
    """
    entry = known.get(row["plugin_id"])
    code = entry.installed if entry else None
    missing = sorted(set(code.manifest.permissions) - set(row["granted"])) if code else []
    return {
        **row,
        "plugin_id": entry_id(row["plugin_id"]),
        "slug": row["plugin_id"],
        "plugin_name": entry.manifest.name if entry else row["plugin_id"],
        "plugin_version": code.version if code else "",
        "is_active": code is not None and code.state in RUNNING and row["plugin_id"] not in off,
        "permissions": row["granted"],
        "permissions_missing": missing,
        "needs_update": code is not None and (code.version != row["version_seen"] or bool(missing)),
    }
