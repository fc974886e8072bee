"""Plugins of a workspace over HTTP (first seed, module 12)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import WORKSPACE, Blueprint, Reader, Row, UnitOfWork, in_path

from .schemas import (
    ConfigurationIn,
    InstallationOut,
    InstallationPatch,
    InstalledQuery,
    InstallIn,
    UpdateIn,
)
from .service import Installations

KIND = "plugin_installation"
ONE = in_path(KIND, "installation_id")
SHOWN: dict[str, Any] = {"returns": InstallationOut, "resource": KIND}
READ, CHANGE = "plugins.read", "plugins.install"
RULE = "/<id:installation_id>"


def add(blp: Blueprint, service: Installations) -> None:
    """Installing, configuring, updating, pausing, removing."""

    @blp.endpoint(
        "GET", "/installed", permission=READ, target=WORKSPACE, query=InstalledQuery, many=True, **SHOWN
    )
    def list_installed_plugins(reader: Reader, query: dict[str, Any]) -> list[Row]:
        """List the plugins that a workspace has, the newest first."""
        return service.all(reader, query["is_active"])

    @blp.endpoint("GET", f"/installed{RULE}", permission=READ, target=ONE, **SHOWN)
    def get_plugin_installation(reader: Reader, installation_id: str) -> Row:
        """Get a plugin of a workspace with its configuration."""
        return service.get(reader, installation_id)

    @blp.endpoint(
        "POST",
        "/<string:plugin_id>/install",
        permission=CHANGE,
        target=WORKSPACE,
        body=InstallIn,
        status=201,
        **SHOWN,
    )
    def install_plugin(uow: UnitOfWork, plugin_id: str, body: dict[str, Any]) -> Row:
        """Install a plugin in a workspace: it is on there within a second.

        The request is the consent to the permissions that its manifest asks for. Its code must be on the
        server, which is the operator's act; 409 tells how. What it held of the workspace comes back where it
        was uninstalled less than 30 days ago.
        """
        return service.install(uow, plugin_id, body)

    @blp.endpoint("PATCH", f"{RULE}/config", permission=CHANGE, target=ONE, body=ConfigurationIn, **SHOWN)
    def configure_plugin(uow: UnitOfWork, installation_id: str, body: dict[str, Any]) -> Row:
        """Replace the configuration of a plugin, held to the schema of its manifest."""
        return service.configure(uow, installation_id, body["configuration"])

    @blp.endpoint("PATCH", RULE, permission=CHANGE, target=ONE, body=InstallationPatch, **SHOWN)
    def update_plugin_installation(uow: UnitOfWork, installation_id: str, body: dict[str, Any]) -> Row:
        """Switch a plugin of a workspace off for a while, or on again."""
        return service.activate(uow, installation_id, body["is_active"])

    @blp.endpoint("POST", f"{RULE}/update", permission=CHANGE, target=ONE, body=UpdateIn, **SHOWN)
    def agree_to_plugin(uow: UnitOfWork, installation_id: str, body: dict[str, Any]) -> Row:
        """Agree to the version that is on the server now, and to what it asks for."""
        return service.agree(uow, installation_id, body["permissions"])

    @blp.endpoint("DELETE", RULE, permission=CHANGE, target=ONE, status=204)
    def uninstall_plugin(uow: UnitOfWork, installation_id: str) -> None:
        """Uninstall a plugin in a workspace; its data there stays for 30 days."""
        service.uninstall(uow, installation_id)
