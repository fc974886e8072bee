"""What workspaces ask of the other plugins."""

from __future__ import annotations

from pronaflow_kernel.api import Schema, hookspec


@hookspec
def provide_workspace_settings() -> type[Schema]:  # type: ignore[empty-body]
    """The plugin's own section of a workspace's settings.

    A schema whose fields all have a `load_default`, the value where a workspace has set none. What callers
    send under `plugins.<plugin id>` is held to it; `WorkspaceSettings` answers it as JSON data.
    """
