"""What a workspace chooses for its members: defaults, and what is mandatory (modules.md 10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import (
    Context,
    Problem,
    Reader,
    Row,
    UnitOfWork,
    ValidationFailed,
    leaves,
    merged,
)

from ..offers import Offers
from ..values import LOCALE, OWN, by_section

SECTIONS = (OWN, LOCALE)
"""How notifications reach somebody is theirs alone to choose."""


class Policies:
    """What can be done to the choices of the scope's workspace.

    Arguments:
        ctx: of the plugin.
        offers: what there is to choose from.
    """

    def __init__(self, ctx: Context, offers: Offers) -> None:
        self._preferences, self._hooks, self._offers = ctx.preferences, ctx.hooks, offers

    def show(self, reader: Reader) -> Row:
        """All of it."""
        found = [policy for name, policy in self._preferences.policies(reader).items() if name in SECTIONS]
        values: dict[str, Any] = {}
        for policy in found:
            values |= policy.values
        times = [policy.updated_at for policy in found if policy.updated_at is not None]
        return {
            "id": reader.scope.workspace_id,
            "values": values,
            "mandatory": sorted({key for policy in found for key in policy.mandatory}),
            "updated_at": max(times, default=None),
        }

    def change(self, uow: UnitOfWork, body: Mapping[str, Any], *, replace: bool = False) -> Row:
        """Choose.

        Arguments:
            body: as `PolicyIn`; what it leaves out stays.
            replace: what it leaves out goes instead.

        Raises:
            ValidationFailed: something that cannot be chosen, or is mandatory without a value.
        """
        before = self.show(uow)
        given, problems = self._offers.check(body.get("values", {}))
        values = merged({} if replace else before["values"], given)
        mandatory = body.get("mandatory", [] if replace else before["mandatory"])
        known = dict(leaves(values))
        if "mandatory" not in body:
            mandatory = [key for key in mandatory if key in known]
        problems = [Problem(f"values.{each.field}", each.message, each.code) for each in problems]
        problems += [
            Problem("mandatory", f"{key} has no value that could be mandatory.")
            for key in mandatory
            if key not in known
        ]
        if problems:
            raise ValidationFailed(problems)
        wanted = sorted(set(mandatory))
        if (values, wanted) != (before["values"], before["mandatory"]):
            changes = {"values": values, "mandatory": wanted}
            self._hooks.check_change(uow, "preference_policy", None, changes)
            self._store(uow, values, wanted)
        return self.show(uow)

    def _store(self, uow: UnitOfWork, values: Mapping[str, Any], mandatory: list[str]) -> None:
        parts = by_section(values)
        for section in SECTIONS:
            part = parts.get(section, {})
            here = dict(leaves(part))
            self._preferences.set_policy(uow, section, part, [key for key in mandatory if key in here])
