"""What callers send and are shown."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel import api

VISIBILITIES = ("public", "private")


class NotebookIn(api.Schema):
    """A notebook to keep."""

    name = api.Text(100, least=1, required=True)
    visibility = api.Choice(VISIBILITIES, load_default="public")


class NotebookOut(api.Schema):
    """A notebook."""

    id = api.Id()
    name = fields.String()
    visibility = fields.String()
    version = fields.Integer()
    created_at = api.Timestamp()
    updated_at = api.Timestamp()


class NotebookQuery(api.PageQuery, api.WorkspaceQuery):
    """Query of the notebooks."""


class PagePatch(api.Schema):
    """Changes of a page."""

    title = api.Text(100, least=1)
    text = api.Text(10_000, allow_none=True)


class PageIn(PagePatch):
    """A page to write."""

    title = api.Text(100, least=1, required=True)
    notebook_id = api.Id(required=True)


class PageOut(api.Schema):
    """A page."""

    id = api.Id()
    notebook_id = api.Id()
    title = fields.String()
    text = fields.String(allow_none=True)
    written_by = api.Id(allow_none=True)
    byline = fields.String(allow_none=True)
    version = fields.Integer()
    created_at = api.Timestamp()
    updated_at = api.Timestamp()


class PagesQuery(api.PageQuery, api.WorkspaceQuery):
    """Query of the pages."""

    written_by = api.Id(of="user", load_default=None)


class LogQuery(api.LedgerQuery, api.WorkspaceQuery):
    """Query of the log."""


class SignatureIn(api.Schema):
    """What to sign with."""

    text = api.Text(200, least=1, required=True)


class SignatureOut(api.Schema):
    """What the caller signs with."""

    text = fields.String(allow_none=True)


class PagePayload(api.Schema):
    """A page as events tell of it."""

    page_id = api.Id()
    notebook_id = api.Id()


WRITTEN = api.EventType("page.written", "Page", PagePayload, summary="A page was written.")
CHANGED = api.EventType("page.changed", "Page", PagePayload, summary="A page was changed.")
