"""Preferences: what people choose for themselves, by section, whoever shows and checks it.

    chosen = ctx.preferences.of(reader, "notifications", [user_id])[user_id]
    ctx.preferences.change(uow, "notifications", user_id, {"quiet_hours": {"enabled": True}})
    locale = ctx.preferences.locales(reader, [user_id])[user_id]

Stored is only what somebody has chosen. What a value may be is for the plugin whose section it is; `locale`
and `notifications` are shared, so that every plugin can read them whichever others are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import String, bindparam, select

from ..attribution import as_kernel
from ..identity.models import User
from ..persistence.scope import SCOPE_WORKSPACE
from ..persistence.types import Id
from ..persistence.uow import Reader, Row, UnitOfWork
from .events import POLICY_UPDATED, PREFERENCES_UPDATED
from .locales import Locale, timezones
from .merging import differing, leaves, merged
from .models import Preference, PreferencePolicy

if TYPE_CHECKING:
    from ..settings.schema import LocaleSettings

LOCALE = "locale"
"""The section of `language`, `timezone`, `date_format` and `time_format`."""
NOTIFICATIONS = "notifications"
"""The section of what reaches somebody, and when."""

_BATCH = 1000
_NAMESPACE = UUID("0d6a1b0e-6a0c-5c3e-9b59-3f5d1f6f2c11")
_SECTION = bindparam("section", type_=String())
_CHOSEN = select(Preference.__table__).where(
    Preference.section == _SECTION, Preference.user_id.in_(bindparam("user_ids", expanding=True, type_=Id()))
)
_OF_USER = select(Preference.__table__).where(Preference.user_id == bindparam("user_id", type_=Id()))
_POLICIES = (
    select(PreferencePolicy.__table__)
    .where(PreferencePolicy.workspace_id == SCOPE_WORKSPACE)
    .order_by(PreferencePolicy.section)  # so that an answer made of them is the same each time
)
_POLICY = select(PreferencePolicy.__table__).where(
    PreferencePolicy.workspace_id == SCOPE_WORKSPACE, PreferencePolicy.section == _SECTION
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody has chosen in a section.

    Arguments:
        id: the same for ever, also where nothing is chosen.
        values: without defaults.
        version: grows with each change; 0 before the first one.
        updated_at: of the last change; None before the first one.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a workspace has chosen for its members in a section.

    Arguments:
        values: count where a member has chosen nothing.
        mandatory: dotted keys of those that count whatever a member has chosen.
        version, updated_at: as in `Chosen`.
    """

    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    mandatory: frozenset[str] = frozenset()
    version: int = 0
    updated_at: datetime | None = None

    def over(self, values: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
        """What holds for a member who has chosen `values`: value and source by dotted key.

        A source is `policy` (mandatory), `user` or `workspace`. What neither has chosen is not there.
        """
        ours, theirs = dict(leaves(self.values)), dict(leaves(values))
        found = {key: (value, "workspace") for key, value in ours.items()}
        found |= {key: (value, "user") for key, value in theirs.items()}
        return found | {key: (ours[key], "policy") for key in self.mandatory & ours.keys()}


class Preferences:
    """Reads and changes preferences; what `ctx.preferences` is.

    Arguments:
        settings: what holds where nobody has chosen.
    """

    def __init__(self, settings: LocaleSettings) -> None:
        self._settings = settings

    @as_kernel
    def of(self, reader: Reader, section: str, user_ids: Collection[str]) -> dict[str, Chosen]:
        """What each of these users has chosen; whoever has chosen nothing is there too.

        One statement for up to 1000 users.
        """
        found = {user_id: Chosen(preference_id(section, user_id)) for user_id in user_ids}
        ids = list(found)
        for start in range(0, len(ids), _BATCH):
            rows = reader.all(_CHOSEN, section=section, user_ids=ids[start : start + _BATCH])
            found |= {row["user_id"]: _chosen(row) for row in rows}
        return found

    @as_kernel
    def sections(self, reader: Reader, user_id: str, names: Collection[str]) -> dict[str, Chosen]:
        """What a user has chosen in each of these sections, in one statement."""
        found = {row["section"]: _chosen(row) for row in reader.all(_OF_USER, user_id=user_id)}
        return {name: found.get(name) or Chosen(preference_id(name, user_id)) for name in names}

    @as_kernel
    def policies(self, reader: Reader) -> dict[str, Policy]:
        """What the workspace of the reader's scope has chosen, by section; nothing outside a workspace."""
        rows = reader.all(_POLICIES) if reader.scope.workspace_id else []
        return {row["section"]: _policy(row) for row in rows}

    @as_kernel
    def change(self, uow: UnitOfWork, section: str, user_id: str, changes: Mapping[str, Any]) -> Chosen:
        """Merge changes into what a user has chosen; None brings a default back.

        Arguments:
            changes: checked by the caller; objects are merged key by key.

        Raises:
            NotFound: there is no such user.
            StaleRow: somebody else changed it meanwhile.
        """
        row = self._held(uow, section, user_id)
        before = row["chosen"] if row else {}
        after = merged(before, changes)
        keys = differing(before, after)
        if not keys:
            return _chosen(row) if row else Chosen(preference_id(section, user_id))
        if row is None:
            values = {"id": preference_id(section, user_id), "user_id": user_id, "section": section}
            stored = uow.insert(Preference, {**values, "chosen": after})
        else:
            stored = uow.update(Preference, row, {"chosen": after}).row
        _tell(uow, stored, keys)
        return _chosen(stored)

    def reset(self, uow: UnitOfWork, section: str, user_id: str) -> Chosen:
        """Bring all defaults of a section back; errors as in `change`."""
        values = self.of(uow, section, [user_id])[user_id].values
        return self.change(uow, section, user_id, dict.fromkeys(values))

    @as_kernel
    def policy(self, reader: Reader, section: str) -> Policy:
        """What the workspace of the reader's scope has chosen; nothing outside a workspace."""
        row = reader.one(_POLICY, section=section) if reader.scope.workspace_id else None
        return _policy(row) if row else Policy()

    @as_kernel
    def set_policy(
        self, uow: UnitOfWork, section: str, values: Mapping[str, Any], mandatory: Collection[str]
    ) -> Policy:
        """Replace what the workspace of the scope has chosen in a section.

        Arguments:
            values: all of it, checked by the caller.
            mandatory: dotted keys; those without a value do nothing.

        Raises:
            StaleRow: somebody else changed it meanwhile.
        """
        row = uow.one(_POLICY, section=section)
        # Two first ones at once meet at the primary key, and the second is told that it exists already.
        before = _policy(row) if row else Policy()
        wanted = frozenset(mandatory)
        keys = sorted({*differing(before.values, values), *(before.mandatory ^ wanted)})
        if not keys:
            return before
        stored = {"chosen": dict(values), "mandatory": sorted(wanted)}
        if row is None:
            after = uow.insert(PreferencePolicy, {"section": section, **stored})
        else:
            after = uow.update(PreferencePolicy, row, stored).row
        payload = {"workspace_id": after["workspace_id"], "section": section, "keys": keys}
        uow.publish(POLICY_UPDATED, after["workspace_id"], payload)
        return _policy(after)

    def locales(self, reader: Reader, user_ids: Collection[str]) -> dict[str, Locale]:
        """How to address each of these users; two statements at most.

        What somebody has not chosen is as the workspace of the reader's scope has chosen, and else as in the
        settings. A zone that the machine no longer knows counts as not chosen.
        """
        policy, chosen = self.policy(reader, LOCALE), self.of(reader, LOCALE, user_ids)
        default = {"language": self._settings.language, "timezone": self._settings.timezone}
        found = {}
        for user_id, of_user in chosen.items():
            held = {key: value for key, (value, _) in policy.over(of_user.values).items()}
            if held.get("timezone") not in timezones():
                held.pop("timezone", None)
            found[user_id] = Locale.of({**default, **held})
        return found

    def default_locale(self) -> Locale:
        """How to address whoever is not known."""
        return Locale.of({"language": self._settings.language, "timezone": self._settings.timezone})

    def _held(self, uow: UnitOfWork, section: str, user_id: str) -> Row | None:
        """The row; where there is none, the user is held, since two first changes would both insert it."""
        found = uow.one(_CHOSEN, section=section, user_ids=[user_id])
        if found is None:
            uow.get(User, user_id, lock=True)
            found = uow.one(_CHOSEN, section=section, user_ids=[user_id])
        return found


def preference_id(section: str, user_id: str) -> str:
    """The id of what a user chooses in a section."""
    return str(uuid5(_NAMESPACE, f"{section}:{user_id}"))


def _chosen(row: Row) -> Chosen:
    return Chosen(row["id"], row["chosen"], row["version"], row["updated_at"])


def _policy(row: Row) -> Policy:
    return Policy(row["chosen"], frozenset(row["mandatory"]), row["version"], row["updated_at"])


def _tell(uow: UnitOfWork, stored: Row, keys: list[str]) -> None:
    """Outside every workspace: what somebody chooses for themselves is in no workspace's log."""
    scope = uow.scope
    uow.enter(replace(scope, workspace_id=None, workspace_role=None))
    payload = {"user_id": stored["user_id"], "section": stored["section"], "keys": keys}
    uow.publish(PREFERENCES_UPDATED, stored["id"], payload)
    uow.enter(scope)
