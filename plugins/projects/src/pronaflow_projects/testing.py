"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Party, after

REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "projects_list_project_status_history": after("projects_set_project_status", status="in_review"),
}
"""Values by operation id."""
