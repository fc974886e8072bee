"""The services that people can connect accounts of: those shipped here, and those of other plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pronaflow_kernel.api import Context, NotFound

from ..settings import IntegrationsSettings


@dataclass(frozen=True, slots=True)
class Revocation:
    """How a provider is told that tokens are not needed any more.

    Arguments:
        url: where; `{client_id}` in it is filled in.
        style: `rfc7009`, `bearer` (a POST with the token as credential), or `github` (a DELETE of the
            client).
    """

    url: str
    style: Literal["rfc7009", "bearer", "github"] = "rfc7009"


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """A service of which people connect accounts, as this server is known there (RFC 6749, code flow).

    Arguments:
        provider_name: of the service in records and addresses, such as `github`.
        display_name, description: for people.
        authorize_url: where browsers go; token_url: where this server turns codes into tokens.
        scopes: what is asked for, as shown.
        client_id, client_secret: as the operator has registered this server there; without a `client_id` the
            app is not enabled.
        account: where the name of somebody's account there is found, a path of keys with dots: in the answer
            of `account_url` where there is one, else in the ID token where there is an `issuer`, else in the
            answer that brings the tokens.
        account_url: tells of the account whose token is sent.
        issuer, keys_url: of OpenID Connect: then a nonce is sent, and the ID token is checked.
        full_scopes: what the provider calls a scope, where that is not what is shown.
        scope_separator: between them in the address.
        parameters: more for the address.
        auth_method: how this server proves itself at `token_url`.
        revocation: None where nobody can be told.
        documentation_url, icon_url: for people.
    """

    provider_name: str
    display_name: str
    description: str
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    account: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    account_url: str | None = None
    issuer: str | None = None
    keys_url: str | None = None
    full_scopes: Mapping[str, str] = field(default_factory=dict)
    scope_separator: str = " "
    parameters: Mapping[str, str] = field(default_factory=dict)
    auth_method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_post"
    revocation: Revocation | None = None
    documentation_url: str = ""
    icon_url: str = ""

    @property
    def id(self) -> str:
        """The same on every server."""
        return str(uuid5(NAMESPACE_URL, f"pronaflow:oauth-app:{self.provider_name}"))

    @property
    def is_enabled(self) -> bool:
        """Whether the operator has registered this server there."""
        return bool(self.client_id)

    def asked_scopes(self) -> str:
        """The scopes as they stand in the address."""
        names = [self.full_scopes.get(scope, scope) for scope in self.scopes]
        if self.issuer is not None:
            names.insert(0, "openid")
        return self.scope_separator.join(names)

    def shown(self) -> dict[str, Any]:
        """What people see of it."""
        names = ("id", "provider_name", "display_name", "description", "authorize_url", "is_enabled")
        told = {name: getattr(self, name) for name in (*names, "documentation_url", "icon_url")}
        return {**told, "scopes": list(self.scopes), "required_scopes": list(self.scopes)}


GITHUB = OAuthApp(
    provider_name="github",
    display_name="GitHub",
    description="Connect your GitHub account to sync repositories and pull requests",
    authorize_url="https://github.com/login/oauth/authorize",
    token_url="https://github.com/login/oauth/access_token",
    scopes=("repo", "user"),
    account="login",
    account_url="https://api.github.com/user",
    revocation=Revocation("https://api.github.com/applications/{client_id}/token", "github"),
    documentation_url="https://docs.github.com/en/apps/oauth-apps/building-oauth-apps",
    icon_url="https://github.githubassets.com/favicons/favicon.svg",
)
GOOGLE_CALENDAR = OAuthApp(
    provider_name="google_calendar",
    display_name="Google Calendar",
    description="Connect your Google calendar to see due dates and milestones in it",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",
    scopes=("calendar",),
    account="sub",
    issuer="https://accounts.google.com",
    keys_url="https://www.googleapis.com/oauth2/v3/certs",
    full_scopes={"calendar": "https://www.googleapis.com/auth/calendar"},
    # Google gives a refresh token with these two only.
    parameters={"access_type": "offline", "prompt": "consent"},
    revocation=Revocation("https://oauth2.googleapis.com/revoke"),
    documentation_url="https://developers.google.com/identity/protocols/oauth2/web-server",
    icon_url="https://calendar.google.com/googlecalendar/images/favicons_2020q4/calendar_31.ico",
)
SLACK = OAuthApp(
    provider_name="slack",
    display_name="Slack",
    description="Connect your Slack workspace to be told of tasks in its channels",
    authorize_url="https://slack.com/oauth/v2/authorize",
    token_url="https://slack.com/api/oauth.v2.access",
    scopes=("channels:read", "chat:write"),
    account="authed_user.id",
    scope_separator=",",
    revocation=Revocation("https://slack.com/api/auth.revoke", "bearer"),
    documentation_url="https://docs.slack.dev/authentication/installing-with-oauth",
    icon_url="https://slack.com/favicon.ico",
)


def shipped(settings: IntegrationsSettings) -> list[OAuthApp]:
    """The apps of this plugin, as the operator has registered them."""
    known = (
        (GITHUB, settings.github_client_id, settings.github_client_secret),
        (GOOGLE_CALENDAR, settings.google_client_id, settings.google_client_secret),
        (SLACK, settings.slack_client_id, settings.slack_client_secret),
    )
    return [replace(app, client_id=key, client_secret=secret) for app, key, secret in known]


class Apps:
    """All apps by name; those of a plugin that is switched off everywhere are not among them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._apps: dict[str, tuple[str, OAuthApp]] = {}
        for app in shipped(ctx.settings):
            self._apps[app.provider_name] = (ctx.plugin_id, app)

    def add(self, plugin_id: str, apps: Iterable[OAuthApp]) -> None:
        """Take the apps of another plugin.

        Raises:
            ValueError: one is no app, or there is one of that name already.
        """
        for app in apps:
            if not isinstance(app, OAuthApp):
                raise ValueError(f"provide_oauth_apps must answer OAuthApps, not {app!r:.100}")
            if app.provider_name in self._apps:
                raise ValueError(f"there is an OAuth app called {app.provider_name!r} already")
            self._apps[app.provider_name] = (plugin_id, app)

    def all(self) -> list[OAuthApp]:
        """By name."""
        return [app for _, (owner, app) in sorted(self._apps.items()) if self._ctx.hooks.is_on(owner, None)]

    def get(self, app_id: str) -> OAuthApp:
        """One by its id or its name.

        Raises:
            NotFound: there is none.
        """
        for app in self.all():
            if app_id in (app.id, app.provider_name):
                return app
        raise NotFound("There is no such OAuth app")

    def named(self, provider_name: str) -> OAuthApp | None:
        """One by its name; None where its plugin has gone or is off."""
        return next((app for app in self.all() if app.provider_name == provider_name), None)
