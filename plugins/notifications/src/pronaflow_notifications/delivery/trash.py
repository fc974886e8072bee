"""The kernel's trash, as far as deliveries read it: `core__trash` (plugin.toml, `reads`)."""

from __future__ import annotations

from sqlalchemy import column, table

from pronaflow_kernel.api import IdType

TRASH = table("core__trash", column("workspace_id", IdType()), column("resource_id", IdType()))
