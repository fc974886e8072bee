"""Two services that accounts can be connected of, and an account of one of them."""

from __future__ import annotations

from pronaflow_kernel.testing import Person, World

from ..case import Case, Effect
from ..sections import Scenario

OAUTH = "/api/v1/integration/oauth"
CONNECTIONS = f"{OAUTH}/connections"


def _github(person: Person) -> str:
    apps = person.get(f"{OAUTH}/apps").data
    return next(str(app["id"]) for app in apps if app["provider_name"] == "github")


def _connect(person: Person) -> str:
    body = {"oauth_app_id": _github(person), "access_token": "t", "external_user_id": person.id}
    return str(person.post(CONNECTIONS, body).data["id"])


def apps(world: World) -> Case:
    return Case(world.person("ann"))


def app(world: World) -> Case:
    ann = world.person("ann")
    return Case(ann, {"app_id": _github(ann)})


def connect(world: World) -> Case:
    ann = world.person("ann")
    return Case(
        ann,
        {"oauth_app_uuid": _github(ann)},
        effect=Effect(CONNECTIONS, unseen={"access_token", "refresh_token"}),
    )


def listed(world: World) -> Case:
    ann = world.person("ann")
    _connect(ann)
    return Case(ann)


def disconnect(world: World) -> Case:
    ann = world.person("ann")
    return Case(ann, {"connection_id": _connect(ann)}, effect=Effect(CONNECTIONS))


CASES: Scenario = {
    f"GET {OAUTH}/apps": apps,
    f"GET {OAUTH}/apps/{{app_id}}": app,
    f"POST {CONNECTIONS}": connect,
    f"GET {CONNECTIONS}": listed,
    f"DELETE {CONNECTIONS}/{{connection_id}}": disconnect,
}
