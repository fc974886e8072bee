"""A whole plugin: a route, a table, a subscriber and an addition to the shown tasks."""

from marshmallow import fields
from sqlalchemy import ForeignKey, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api
from pronaflow_tasks.api import TASK


class Greeting(api.model_base("hello"), api.InWorkspace):
    __tablename__ = "hello__greeting"
    task_id: Mapped[str] = mapped_column(ForeignKey(TASK.c.id, ondelete="CASCADE"), primary_key=True)


GREETED = select(Greeting.task_id).where(Greeting.workspace_id == api.SCOPE_WORKSPACE)
AMONG = GREETED.where(Greeting.task_id.in_(bindparam("ids", expanding=True, type_=api.IdType())))
OWN = select(TASK.c.id).where(TASK.c.workspace_id == api.SCOPE_WORKSPACE, TASK.c.created_by == api.SCOPE_USER)
HOW_MANY = select(func.count()).select_from(GREETED.where(Greeting.task_id.in_(OWN)).subquery())
Out = api.Schema.from_dict({"greeting": fields.String(), "greeted": fields.Integer()}, name="Hello")
blp = api.Blueprint("hello", url_prefix="/api/v1/hello", tag="Hello", summary="Greetings")


@blp.endpoint("GET", "", permission="hello.read", target=api.WORKSPACE, query=api.WorkspaceQuery, returns=Out)
def hello(reader, query):
    """Be greeted."""
    return {"greeting": f"Hello, {reader.scope.principal.username}!", "greeted": reader.value(HOW_MANY)}


def greet(uow, event):
    uow.insert(Greeting, {"task_id": event.aggregate_id})


class HelloPlugin(api.Plugin):
    provide_models = api.hookimpl(lambda self: Greeting.metadata)
    provide_permissions = api.hookimpl(lambda self: api.load_permissions(__package__))
    provide_blueprints = api.hookimpl(lambda self: [blp])
    provide_subscribers = api.hookimpl(lambda self: [api.Subscriber("greet", ("task.created",), greet)])

    @api.hookimpl
    def extend_payload(self, reader, resource, rows):
        found = reader.all(AMONG, ids=[row["id"] for row in rows]) if resource == "task" else []
        return {row["task_id"]: {"greeted": True} for row in found}
