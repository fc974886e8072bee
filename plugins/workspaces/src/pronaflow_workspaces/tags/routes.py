"""The tags of a workspace over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork, in_path

from .schemas import TagIn, TagOut, TagPatch, TagQuery
from .service import TagService

HERE = in_path("workspace")
TAG = in_path("tag")
ONE: dict[str, Any] = {"returns": TagOut, "resource": "tag"}


def build(service: TagService) -> Blueprint:
    """Tags of a workspace."""
    blp = Blueprint(
        "workspaces",
        url_prefix="/api/v1/workspaces/<id:workspace_id>/tags",
        tag="Tags",
        summary="Words to mark things with",
        name="workspace_tags",
    )
    _add_collection(blp, service)
    _add_record(blp, service)
    return blp


def _add_collection(blp: Blueprint, service: TagService) -> None:
    @blp.endpoint("GET", "", permission="workspaces.read", target=HERE, query=TagQuery, many=True, **ONE)
    def list_tags(reader: Reader, workspace_id: str, query: dict[str, Any]) -> Page:
        """List the tags of a workspace."""
        return service.page(reader, query)

    @blp.endpoint("POST", "", permission="workspaces.change_tags", target=HERE, body=TagIn, status=201, **ONE)
    def create_tag(uow: UnitOfWork, workspace_id: str, body: dict[str, Any]) -> Row:
        """Create a tag.

        Its name is unique in the workspace whatever its case. Tags are also made when tasks or projects first
        use them.
        """
        return service.create(uow, body)


def _add_record(blp: Blueprint, service: TagService) -> None:
    @blp.endpoint("GET", "/<id:tag_id>", permission="workspaces.read", target=TAG, **ONE)
    def get_tag(reader: Reader, workspace_id: str, tag_id: str) -> Row:
        """Get a tag."""
        return service.get(reader, workspace_id, tag_id)

    @blp.endpoint(
        "PATCH", "/<id:tag_id>", permission="workspaces.change_tags", target=TAG, body=TagPatch, **ONE
    )
    def update_tag(uow: UnitOfWork, workspace_id: str, tag_id: str, body: dict[str, Any]) -> Row:
        """Change a tag.

        A new name shows at once on all that has the tag. Whatever has it keeps it when `entity_type_limit`
        changes.
        """
        return service.update(uow, workspace_id, tag_id, body)

    @blp.endpoint("DELETE", "/<id:tag_id>", permission="workspaces.change_tags", target=TAG)
    def delete_tag(uow: UnitOfWork, workspace_id: str, tag_id: str) -> Answer:
        """Delete a tag and take it from all that has it."""
        service.delete(uow, workspace_id, tag_id)
        return Answer(message="The tag was deleted")
