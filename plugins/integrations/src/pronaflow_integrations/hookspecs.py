"""What integrations asks of the other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from pronaflow_kernel.api import Reader, hookspec

from .consents.types import ConsentNeed


@hookspec
def collect_consent_needs(reader: Reader, user_id: str) -> Sequence[ConsentNeed]:  # type: ignore[empty-body]
    """What needs a consent of a user at present, such as the plugins that they installed.

    Asked once where somebody reads their compliance status, with a reader in no workspace; statements on
    tenant tables say so by `unscoped`. A need without a granted consent makes the status `action_required`.
    """
