"""Where the Vault is, and what it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pronaflow_integrations.api import OAuthApp, Revocation
from pronaflow_kernel.api import Plugin, hookimpl, setting


@dataclass(frozen=True)
class VaultSettings:
    """The Vault."""

    issuer: str = setting("http://127.0.0.1:9", "Where it is.")
    client_id: str = setting("pronaflow", "What it calls this server.")
    client_secret: str = setting("secret", "What this server proves itself by.", secret=True)


class VaultPlugin(Plugin):
    """One app."""

    @hookimpl
    def provide_settings(self) -> type[VaultSettings]:
        return VaultSettings

    @hookimpl
    def provide_oauth_apps(self) -> Sequence[OAuthApp]:
        said = self.ctx.settings
        return [
            OAuthApp(
                provider_name="vault",
                display_name="Vault",
                description="Connect your account at the Vault",
                authorize_url=f"{said.issuer}/authorize",
                token_url=f"{said.issuer}/token",
                scopes=("read",),
                account="sub",
                client_id=said.client_id,
                client_secret=said.client_secret,
                issuer=said.issuer,
                keys_url=f"{said.issuer}/jwks",
                revocation=Revocation(f"{said.issuer}/revoke"),
            )
        ]
