"""Preferences over HTTP (first seed, module 9)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import ANYWHERE, Blueprint, Reader, Row, UnitOfWork, WorkspaceQuery, timezones

from .offers import Offers
from .schemas import LanguageOut, PreferencesIn, PreferencesOut, ThemeOut, TimezonesOut, WcagOut
from .service import PreferencesService

ONE: dict[str, Any] = {
    "target": ANYWHERE,
    "query": WorkspaceQuery,
    "returns": PreferencesOut,
    "resource": "preferences",
}
READ, WRITE = "personalization.read", "personalization.change"


def build(service: PreferencesService, offers: Offers) -> Blueprint:
    """One's own preferences, and what there is to choose from."""
    blp = Blueprint(
        "personalization",
        url_prefix="/api/v1/preferences",
        tag="Preferences",
        summary="How the application looks, speaks and tells the time, for each person",
    )
    _add_own(blp, service)
    _add_offers(blp, service, offers)
    return blp


def _add_own(blp: Blueprint, service: PreferencesService) -> None:
    @blp.endpoint("GET", "", permission=READ, **ONE)
    def get_preferences(reader: Reader, query: dict[str, Any]) -> Row:
        """Get your preferences.

        Where the request names a workspace, by `workspace_id` or `X-Workspace-Id`, they are what holds there:
        what the workspace has made mandatory, then what you have chosen, then what the workspace has, then
        the server's defaults. `sources` tells which it is for each value.
        """
        return service.show(reader)

    @blp.endpoint("PATCH", "", permission=WRITE, body=PreferencesIn, **ONE)
    def update_preferences(uow: UnitOfWork, query: dict[str, Any], body: dict[str, Any]) -> Row:
        """Change your preferences.

        Objects are merged key by key, `null` brings a default back. What you choose holds in all workspaces.
        """
        return service.change(uow, body)

    @blp.endpoint("PUT", "", permission=WRITE, body=PreferencesIn, documented=False, **ONE)
    def put_preferences(uow: UnitOfWork, query: dict[str, Any], body: dict[str, Any]) -> Row:
        """Change your preferences; what earlier drafts of the API called it."""
        return service.change(uow, body)

    @blp.endpoint("POST", "/reset", permission=WRITE, **ONE)
    def reset_preferences(uow: UnitOfWork, query: dict[str, Any]) -> Row:
        """Bring all defaults back.

        Of the notifications this holds for what is shown here; quiet hours and mails stay as they are.
        """
        return service.reset(uow)

    @blp.endpoint("DELETE", "", permission=WRITE, target=ANYWHERE, status=204)
    def delete_preferences(uow: UnitOfWork) -> None:
        """Forget what you have chosen, as `reset` does."""
        service.reset(uow)


def _add_offers(blp: Blueprint, service: PreferencesService, offers: Offers) -> None:
    @blp.endpoint("GET", "/themes", permission=READ, returns=ThemeOut, many=True)
    def list_themes(reader: Reader) -> list[Row]:
        """List the themes that can be chosen.

        Besides these there is `system`, which follows the device. `contrast` is measured on the colours.
        """
        return [theme.shown() for theme in offers.themes().values()]

    @blp.endpoint("GET", "/languages", permission=READ, returns=LanguageOut, many=True)
    def list_languages(reader: Reader) -> list[Row]:
        """List the languages that can be chosen."""
        return [language.shown() for language in offers.languages().values()]

    @blp.endpoint("GET", "/timezones", permission=READ, returns=TimezonesOut)
    def list_timezones(reader: Reader) -> Row:
        """List the time zones that can be chosen, by their names in the IANA database."""
        return {"timezones": sorted(timezones())}

    @blp.endpoint("GET", "/accessibility/wcag-level", permission=READ, returns=WcagOut)
    def get_wcag_level(reader: Reader) -> Row:
        """Tell which level of WCAG the pages meet, as last measured.

        As long as nothing was measured the level is `A`, and the description says so.
        """
        return service.wcag(reader)
