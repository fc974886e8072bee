"""Descriptions of tasks as HTML that is safe to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Plugin, Reader, Row, hookimpl, html_from_markdown


class MarkdownEditorPlugin(Plugin):
    """Renders what the editor in the page writes."""

    @hookimpl
    def extend_payload(self, reader: Reader, resource: str, rows: Sequence[Row]) -> Mapping[str, Any] | None:
        """The description of each task as HTML; lists show tasks without their descriptions."""
        if resource != "task":
            return None
        whole = [row for row in rows if "description" in row]
        return {row["id"]: {"description_html": _rendered(row["description"])} for row in whole}


def _rendered(text: str | None) -> str:
    return html_from_markdown(text) if text else ""
