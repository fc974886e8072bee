"""What people agree to: given, taken back, counted (modules.md 12.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Conflict, Context, NotFound, Page, Reader, Row, UnitOfWork

from . import queries
from .events import CONSENT_GRANTED, CONSENT_REVOKED, consent_payload
from .models import Consent
from .types import CONSENT_TYPES, ConsentNeed


class ConsentService:
    """Consents of people; fulfils `Consents` for other plugins.

    Arguments:
        ctx: of the plugin.
        needs: what of this plugin's own needs a consent of a user.
        stop: called in the transaction for each consent that is taken back, to end what it allowed here.
    """

    def __init__(
        self,
        ctx: Context,
        needs: Callable[[Reader, str], Sequence[ConsentNeed]],
        stop: Callable[[UnitOfWork, Row], None],
    ) -> None:
        self._ctx, self._needs, self._stop = ctx, needs, stop

    def page(self, reader: Reader, query: Mapping[str, Any]) -> Page:
        """The caller's consents, as `ConsentQuery` says."""
        names = ("consent_type", "is_granted", "resource_type", "resource_id")
        return queries.CONSENTS.page(reader, query, {name: query[name] for name in names})

    def get(self, reader: Reader, consent_id: str) -> Row:
        """One of the caller's consents.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        row = reader.one(queries.OWN, id=consent_id)
        if row is None:
            raise NotFound(f"Consent {consent_id} was not found")
        return row

    def grant(
        self,
        uow: UnitOfWork,
        *,
        consent_type: str,
        resource_type: str,
        resource_id: str,
        description: str | None = None,
        permissions: Sequence[str] = (),
    ) -> Row:
        """Record that the scope's user agrees to something; see `Consents.grant`."""
        this = {
            "user_id": uow.scope.principal.user_id,
            "consent_type": consent_type,
            "resource_type": resource_type,
            "resource_id": resource_id,
        }
        before = uow.one(queries.GRANTED, **this)
        if before is not None:
            self._replace(uow, before, permissions)
        row = uow.insert(
            Consent,
            {
                **this,
                "description": description,
                "permissions": list(permissions),
                "granted_at": uow.now,
                "revoked_at": None,
                "number": (uow.value(queries.LAST, **this) or 0) + 1,
                "policy_version": self._policy,
            },
        )
        uow.publish(CONSENT_GRANTED, row["id"], consent_payload(row))
        return row

    def take_back(self, uow: UnitOfWork, consent_id: str) -> None:
        """End one of the caller's consents, and what it allowed; one that has ended stays as it is.

        Raises:
            NotFound: as in `get`.
        """
        row = self.get(uow, consent_id)
        if row["is_granted"]:
            self._end(uow, row)
            self._stop(uow, row)

    def revoke(self, uow: UnitOfWork, *, consent_type: str, resource_id: str) -> int:
        """End all consents to a thing that is gone; see `Consents.revoke`."""
        rows = uow.all(queries.OF_RESOURCE, consent_type=consent_type, resource_id=resource_id)
        for row in rows:
            self._end(uow, row)
        return len(rows)

    def is_granted(
        self, reader: Reader, user_id: str, *, consent_type: str, resource_type: str, resource_id: str
    ) -> bool:
        """Whether somebody agrees to something; see `Consents.is_granted`."""
        this = {"consent_type": consent_type, "resource_type": resource_type, "resource_id": resource_id}
        return reader.one(queries.GRANTED, user_id=user_id, **this) is not None

    def agrees(self, reader: Reader, user_id: str, *, consent_type: str, resource_id: str) -> bool:
        """Whether somebody agrees to something, of whatever kind the consent calls it."""
        rows = reader.all(queries.OF_RESOURCE, consent_type=consent_type, resource_id=resource_id)
        return any(row["user_id"] == user_id for row in rows)

    def status(self, reader: Reader) -> Row:
        """What the caller has agreed to, and what is missing."""
        user_id = str(reader.scope.principal.user_id)
        counts = {
            (row["consent_type"], row["is_granted"]): row["count"] for row in reader.all(queries.COUNTS)
        }
        held, missing = reader.all(queries.HELD), []
        for need in self._all_needs(reader, user_id):
            policies = [row["policy_version"] for row in held if _meets(row, need)]
            if max(policies, default=0) < self._policy:
                missing.append(_missing(need, "outdated" if policies else "missing"))
        types = [kind for kind in CONSENT_TYPES if (kind, True) in counts or (kind, False) in counts]
        consents = [_count(kind, counts.get((kind, True), 0), counts.get((kind, False), 0)) for kind in types]
        granted, revoked = (sum(each[word] for each in consents) for word in ("granted", "revoked"))
        return {
            "user_id": user_id,
            "total_consents": granted + revoked,
            "granted_consents": granted,
            "revoked_consents": revoked,
            "compliance_status": "action_required" if missing else "compliant",
            "policy_version": self._policy,
            "consents": consents,
            "missing": missing,
        }

    @property
    def _policy(self) -> int:
        """The version of the privacy policy that holds."""
        version: int = self._ctx.settings.consent_policy_version
        return version

    def _replace(self, uow: UnitOfWork, row: Row, permissions: Sequence[str]) -> None:
        """Make room for a consent to a newer policy, or to something more; the old one stays as history."""
        if row["policy_version"] >= self._policy and set(row["permissions"]) >= set(permissions):
            words = "You have agreed to this already: take the consent back first to give it anew"
            raise Conflict(words, details={"reason": "granted", "consent_id": row["id"]})
        uow.update(Consent, row, {"is_granted": False, "revoked_at": uow.now})

    def _end(self, uow: UnitOfWork, row: Row) -> None:
        ended = uow.update(Consent, row, {"is_granted": False, "revoked_at": uow.now}).row
        uow.publish(CONSENT_REVOKED, row["id"], consent_payload(ended))

    def _all_needs(self, reader: Reader, user_id: str) -> list[ConsentNeed]:
        asked = self._ctx.hooks.ask("collect_consent_needs", reader=reader, user_id=user_id)
        return [*self._needs(reader, user_id), *(need for _, answer in asked for need in answer)]


def _meets(row: Row, need: ConsentNeed) -> bool:
    same = (row["consent_type"], row["resource_id"]) == (need.consent_type, need.resource_id)
    return same and need.resource_type in (None, row["resource_type"])


def _missing(need: ConsentNeed, reason: str) -> Row:
    named = {name: getattr(need, name) for name in ("consent_type", "resource_type", "resource_id")}
    return {**named, "reason": reason}


def _count(kind: str, granted: int, revoked: int) -> Row:
    return {"type": kind, "count": granted + revoked, "granted": granted, "revoked": revoked}
