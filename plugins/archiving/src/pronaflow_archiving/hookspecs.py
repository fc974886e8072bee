"""What archiving asks of the other plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import hookspec


@hookspec
def provide_retention() -> Sequence[Mapping[str, Any]]:  # type: ignore[empty-body]
    """How long the plugin keeps what: `GET /compliance/retention` shows it.

    Each rule is a mapping: `kind`, what it is about, in a word; `summary`, a sentence; and `days`, after
    which it goes, or None where it stays until somebody deletes it.
    """
