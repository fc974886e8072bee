"""The settings of a workspace: what it has set, over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    Workspace,
    tenancy_events,
)

from ..api import Settings
from ..models import StoredSettings
from ..queries import STORED_SETTINGS
from ..schemas.settings import DAYS
from .sections import Sections


class SettingsService:
    """Reads and changes the settings; what other plugins get as `WorkspaceSettings`.

    Arguments:
        ctx: of the plugin; its settings name the default time zone.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks
        self._sections = Sections(ctx)
        self._defaults = replace(Settings(), timezone=ctx.settings.default_timezone)

    def settings(self, reader: Reader) -> Settings:
        """As `WorkspaceSettings.settings`."""
        row = reader.one(STORED_SETTINGS)
        return self.effective(row["data"] if row else None)

    def effective(self, stored: Mapping[str, Any] | None) -> Settings:
        """The settings that follow from what is stored; None where nothing is."""
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in (stored or {}).items()
        }
        given["plugins"] = self._sections.effective(given.get("plugins", {}))
        return replace(self._defaults, **given)

    def change(self, uow: UnitOfWork, changes: Mapping[str, Any]) -> Settings:
        """Set what `changes` names and leave the rest; None brings a default back.

        Raises:
            ValidationFailed: the hours do not follow one another, or a plugin refuses its section.
        """
        # Held, since two first changes at once would both insert the row.
        workspace = uow.get(Workspace, str(uow.scope.workspace_id), lock=True)
        row = uow.one(STORED_SETTINGS)
        stored = row["data"] if row else {}
        before, data = self.effective(stored), self._merged(stored, changes)
        after = self.effective(data)
        differing = _differing(before, after)
        if differing:
            wanted = {name: change["new"] for name, change in differing.items()}
            self._hooks.check_change(uow, "workspace", workspace, wanted)
            payload = {"workspace_id": workspace["id"], "name": workspace["name"]}
            uow.publish(tenancy_events.WORKSPACE_UPDATED, workspace["id"], payload, changes=differing)
        if row is None and data:
            uow.insert(StoredSettings, {"data": data})
        elif row is not None:
            uow.update(StoredSettings, row, {"data": data})
        return after

    def _merged(self, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> Row:
        data = {**stored, **changes}
        if changes.get("plugins") is not None:
            data["plugins"] = self._sections.merged(stored.get("plugins", {}), changes["plugins"]) or None
        if changes.get("work_hours") is not None:
            data["work_hours"] = {**self.effective(stored).work_hours, **changes["work_hours"]}
            _check_hours(data["work_hours"])
        if data.get("work_days") is not None:
            data["work_days"] = sorted(data["work_days"], key=DAYS.index)
        if data.get("holidays") is not None:
            data["holidays"] = sorted(data["holidays"], key=lambda holiday: str(holiday["date"]))
        return {name: value for name, value in data.items() if value is not None}


def shown(settings: Settings) -> Row:
    """The settings as a row, for answers."""
    return {name: getattr(settings, name) for name in Settings.__dataclass_fields__}


def _differing(before: Settings, after: Settings) -> dict[str, dict[str, Any]]:
    """`{"settings.<name>": {"old": …, "new": …}}`."""
    old, new = shown(before), shown(after)
    return {
        f"settings.{name}": {"old": old[name], "new": new[name]} for name in old if old[name] != new[name]
    }


def _check_hours(hours: Mapping[str, Any]) -> None:
    problems = []
    if hours["start"] >= hours["end"]:
        problems.append(Problem("work_hours.end", "Must be later than the start."))
    lunch = hours["lunch"]
    if lunch is not None and not hours["start"] <= lunch["start"] < lunch["end"] <= hours["end"]:
        problems.append(Problem("work_hours.lunch", "Must lie within the hours of work."))
    if problems:
        raise ValidationFailed(problems)
