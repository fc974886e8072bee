"""Descriptions of tasks as HTML that is safe to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import (
    WORKSPACE,
    Blueprint,
    Permission,
    Plugin,
    Reader,
    Row,
    Schema,
    Text,
    WorkspaceQuery,
    hookimpl,
    html_from_markdown,
    load_permissions,
)


class TextIn(Schema):
    """A text as the editor holds it; as long as a description may be."""

    text = Text(100_000, required=True)


class PreviewOut(Schema):
    """What it looks like."""

    html = fields.String()


class MarkdownEditorPlugin(Plugin):
    """Renders what the editor in the page (`ui/editor.js`) writes."""

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """The preview, so that HTML comes from one place only."""
        blp = Blueprint(
            "markdown_editor",
            url_prefix="/api/v1/markdown-editor",
            tag="Markdown editor",
            summary="Descriptions in Markdown",
        )

        @blp.endpoint(
            "POST",
            "/preview",
            permission="markdown_editor.preview",
            target=WORKSPACE,
            query=WorkspaceQuery,
            body=TextIn,
            returns=PreviewOut,
            writes=False,
        )
        def preview_markdown(reader: Reader, query: Row, body: Row) -> Row:
            """Render a text as a description would be shown."""
            return {"html": _rendered(body["text"])}

        return [blp]

    @hookimpl
    def extend_payload(self, reader: Reader, resource: str, rows: Sequence[Row]) -> Mapping[str, Any] | None:
        """The description of each task as HTML; lists show tasks without their descriptions."""
        if resource != "task":
            return None
        whole = [row for row in rows if "description" in row]
        return {row["id"]: {"description_html": _rendered(row["description"])} for row in whole}


def _rendered(text: str | None) -> str:
    return html_from_markdown(text) if text else ""
