"""Preferences: what somebody has chosen, over what their workspace and the server have chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Chosen,
    Context,
    Forbidden,
    Policy,
    Reader,
    Row,
    UnitOfWork,
    User,
    ValidationFailed,
    leaves,
    nested,
    preference_id,
    timezones,
)

from .api import AccessibilityAudits
from .languages import Language
from .offers import Offers
from .values import DEFAULTS, LOCALE, NOTIFICATION_KEYS, NOTIFICATIONS, OWN, SYSTEM_THEME, by_section

SECTIONS = (OWN, LOCALE, NOTIFICATIONS)
LEVELS = ("A", "AA", "AAA")

Found = dict[str, tuple[Any, str]]
"""Value and source by dotted key."""


class PreferencesService:
    """What can be done to one's own preferences.

    Arguments:
        ctx: of the plugin.
        offers: what there is to choose from.
    """

    def __init__(self, ctx: Context, offers: Offers) -> None:
        self._preferences, self._hooks, self._services = ctx.preferences, ctx.hooks, ctx.services
        self._offers = offers

    def show(self, reader: Reader) -> Row:
        """What holds for the caller; in a workspace with what it has chosen. Nothing is written.

        Raises:
            Forbidden: the caller is no person.
        """
        user_id = _person(reader)
        chosen = self._preferences.sections(reader, user_id, SECTIONS)
        policies = self._preferences.policies(reader)
        found = self._effective(chosen, policies)
        updated = [each.updated_at for each in chosen.values() if each.updated_at is not None]
        return {
            "id": preference_id(OWN, user_id),
            "user_id": user_id,
            "workspace_id": reader.scope.workspace_id,
            **nested({key: value for key, (value, _) in found.items()}),
            "sources": {key: source for key, (_, source) in sorted(found.items())},
            # Nothing chosen: it is as it was when the account was made.
            "updated_at": max(updated) if updated else reader.get(User, user_id)["created_at"],
            "version": sum(each.version for each in chosen.values())
            + sum(each.version for each in policies.values()),
        }

    def change(self, uow: UnitOfWork, changes: Mapping[str, Any]) -> Row:
        """Choose; objects are merged, None brings a default back.

        Raises:
            ValidationFailed: something that cannot be chosen, with what can.
            Forbidden: the caller is no person.
            PreconditionFailed: `If-Match` names another version.
        """
        before = self.show(uow)
        uow.meet_own(before["version"])
        checked, problems = self._offers.check(changes)
        if problems:
            raise ValidationFailed(problems)
        if not checked:
            return before
        self._hooks.check_change(uow, "preferences", before, checked)
        for section, values in by_section(checked).items():
            self._preferences.change(uow, section, before["user_id"], values)
        return self.show(uow)

    def reset(self, uow: UnitOfWork) -> Row:
        """Bring all defaults back; of the notifications those that are shown here. Errors as in `change`."""
        names = ("theme", "font_size", "info_density", "accessibility", "language", "timezone")
        return self.change(uow, dict.fromkeys((*names, "date_format", "time_format", "notifications")))

    def wcag(self, reader: Reader) -> Row:
        """The level of the last audit of the pages; where there is none, A, and that it is not measured."""
        audits = self._services.get(AccessibilityAudits)
        audit = audits.latest(reader) if audits is not None else None
        if audit is None:
            said = "Not measured: no audit of the pages has told which level of WCAG 2.1 they meet"
            return {
                "current_level": "A",
                "description": said,
                "measured_at": None,
                "available_levels": LEVELS,
            }
        return {
            "current_level": audit.level,
            "description": f"{audit.standard} Level {audit.level} compliant",
            "measured_at": audit.measured_at,
            "available_levels": LEVELS,
        }

    def _effective(self, chosen: Mapping[str, Chosen], policies: Mapping[str, Policy]) -> Found:
        nothing = Policy()
        found: Found = {key: (value, "system") for key, value in DEFAULTS.items()}
        own = policies.get(OWN, nothing).over(chosen[OWN].values)
        if own.get("theme", (SYSTEM_THEME, ""))[0] not in (SYSTEM_THEME, *self._offers.themes()):
            del own["theme"]  # its plugin is gone or off
        found |= {key: value for key, value in own.items() if key in found}
        found |= self._locale(policies.get(LOCALE, nothing).over(chosen[LOCALE].values))
        reached = {f"{NOTIFICATIONS}.{key}": value for key, value in leaves(chosen[NOTIFICATIONS].values)}
        return found | {
            key: (reached[key], "user")
            for key in (f"{NOTIFICATIONS}.{name}" for name in NOTIFICATION_KEYS)
            if key in reached
        }

    def _locale(self, held: Found) -> Found:
        default, offered = self._preferences.default_locale(), self._offers.languages()
        if held.get("language", ("", ""))[0] not in offered:
            held.pop("language", None)
        if held.get("timezone", ("", ""))[0] not in timezones():
            held.pop("timezone", None)
        language: Language = offered[held.get("language", (default.language, ""))[0]]
        return {
            "language": (language.code, "system"),
            "timezone": (default.timezone.key, "system"),
            "date_format": (language.date_format, "system"),
            "time_format": (language.time_format, "system"),
            **held,
        }


def _person(reader: Reader) -> str:
    user_id = reader.scope.principal.user_id
    if user_id is None:
        raise Forbidden("Only people have preferences")
    return user_id
