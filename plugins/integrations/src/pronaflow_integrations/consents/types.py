"""Kinds of consents, and what needs one."""

from __future__ import annotations

from dataclasses import dataclass

CONSENT_TYPES = ("DATA_USAGE", "THIRD_PARTY", "ANALYTICS", "MARKETING")
"""What a consent can be about (modules.md 12.3); shown in upper case, accepted in any."""

ANY_CASE = {kind.lower(): kind for kind in CONSENT_TYPES}


@dataclass(frozen=True, slots=True)
class ConsentNeed:
    """Something that a user must have agreed to.

    Arguments:
        consent_type: one of `CONSENT_TYPES`.
        resource_type, resource_id: as in the consent; a `resource_type` of None is met by any.
    """

    consent_type: str
    resource_type: str | None
    resource_id: str
