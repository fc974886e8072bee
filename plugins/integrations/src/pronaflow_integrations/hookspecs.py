"""What integrations asks of the other plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Reader, hookspec

from .connections.apps import OAuthApp
from .consents.types import ConsentNeed


@hookspec
def collect_consent_needs(reader: Reader, user_id: str) -> Sequence[ConsentNeed]:  # type: ignore[empty-body]
    """What needs a consent of a user at present, such as the plugins that they installed.

    Asked once where somebody reads their compliance status, with a reader in no workspace; statements on
    tenant tables say so by `unscoped`. A need without a granted consent makes the status `action_required`.
    """


@hookspec
def provide_oauth_apps() -> Sequence[OAuthApp]:  # type: ignore[empty-body]
    """Services of which people can connect accounts, besides those shipped here.

    Asked once, when the server is put together. The client id and secret are best settings of the plugin; an
    app without a client id is shown as not enabled.
    """


@hookspec
def collect_integration_status(reader: Reader) -> Mapping[str, Any]:  # type: ignore[empty-body]
    """How a part that the plugin offers fares in the workspace of `reader`, for `GET /integration/status`.

    Answer a mapping from the name of the part to its `status` (`operational`, `degraded`, `down`) and what it
    counts: `{"plugins": {"status": "operational", "installed_plugins": 5}}`. The only part is `plugins`.
    """
