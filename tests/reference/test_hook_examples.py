"""The examples of docs/reference/hooks.md run: each hook has one, and each has its effect."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.cli.state import State
from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.plugins.discovery import GROUP
from pronaflow_kernel.plugins.specs import kernel_specs

from .hook_examples import EXAMPLES, example, examples
from .installation import installation

STICKERS = EntryPoint("stickers", "stickers_plugin.plugin:StickersPlugin", GROUP)
CENSOR = EntryPoint("censor", "censor_plugin.plugin:CensorPlugin", GROUP)


@pytest.fixture(scope="module")
def world(new_database):
    """A server with the example plugins, on either kind of database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        with installation(STICKERS, CENSOR, database_url=new_database()) as made:
            yield made


@pytest.fixture
def task(ann):
    """A task of ann's."""
    project = ann.post("/api/v1/projects", {"name": "Website"}).data
    return ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Design"}).data


@pytest.fixture
def put(ann, task):
    """Puts stickers on ann's task."""
    return lambda text: ann.post("/api/v1/stickers", {"task_id": task["id"], "text": text})


@pytest.fixture
def screen(world, ann):
    """A caller with a key of ann's instead of an access token."""
    caller = world.anonymous()
    caller.token = ann.post("/api/v1/stickers/keys").data["key"]
    return caller


def test_every_hook_of_the_kernel_has_an_example():
    assert set(examples()) == set(kernel_specs())


def test_an_example_shows_the_method_and_what_it_stands_on():
    shown = example("check_permission")
    assert shown.startswith("KEPT = select(Sticker.id)")
    assert "\n    @api.hookimpl\n    def check_permission(self" in shown
    assert "class Sticker(" not in shown
    assert "def peel(" in example("provide_subscribers")


def test_the_examples_run(world):
    assert world.kernel.state("stickers").state == "ready"
    assert world.kernel.hooks.implemented("stickers") == sorted(kernel_specs())
    assert world.kernel.state("censor").state == "ready"


def test_provide_settings(world, put):
    assert world.kernel.contexts["stickers"].settings.longest == 80
    assert put("x" * 81).status == 422


def test_provide_hookspecs(world, put):
    assert world.kernel.hooks.specs()["check_sticker"].owner == "stickers"
    assert put("SHOUTING").status == 422
    assert put("whispering").status == 201


def test_provide_models(world):
    metadata = world.kernel.contributions["stickers"].models
    assert drift(world.kernel.db.engines.write, metadata, "stickers") == []


def test_provide_permissions(world, ann, task, bob):
    world.join(ann.workspace_id, bob, "viewer")
    body = {"task_id": task["id"], "text": "hello"}
    assert bob.post("/api/v1/stickers", body).status == 403


def test_provide_resources(bob, put):
    sticker = put("hello").data
    assert bob.get(f"/api/v1/stickers/{sticker['id']}").status == 404


def test_provide_services(world, ann, task):
    from stickers_plugin.api import Stickers

    scope = Scope(Principal("user", ann.id), ann.workspace_id, "owner")
    with world.kernel.db.write(scope) as uow:
        world.kernel.services.require(Stickers).put(uow, task["id"], "from next door")
    assert ann.get(f"/api/v1/tasks/{task['id']}").data["ext"]["stickers"] == ["from next door"]


def test_provide_event_types(world, ann, put):
    sticker = put("hello").data
    event = world.events(ann.workspace_id)[-1]
    assert (event["type"], event["aggregate_id"]) == ("sticker.put", sticker["id"])


def test_provide_subscribers(world, ann, task, put):
    put("nearly done")
    assert ann.patch(f"/api/v1/tasks/{task['id']}", {"status": "completed"}).status == 200
    world.drain()
    assert ann.get(f"/api/v1/tasks/{task['id']}").data["ext"]["stickers"] == []


def test_provide_jobs(world, ann, task, put, clock):
    def peel():
        jobs = world.kernel.contexts["stickers"].jobs
        with world.kernel.db.write(Scope.system()) as uow:
            jobs.enqueue(uow, "peel_old", {})
        world.drain()
        return ann.get(f"/api/v1/tasks/{task['id']}").data["ext"]["stickers"]

    put("hello")
    clock.advance(29 * 86_400)
    assert peel() == ["hello"]
    clock.advance(2 * 86_400)
    assert peel() == []


def test_provide_blueprints(ann, put):
    sticker = put("hello").data
    assert ann.get(f"/api/v1/stickers/{sticker['id']}").data == sticker
    assert "/api/v1/stickers" in ann.get("/openapi.json").json["paths"]


def test_provide_commands(world, put):
    put("hello")
    state = State()
    state.plugin_id, state.running = "stickers", world.kernel
    [command] = [command for _, command in world.kernel.commands if command.name == "stickers"]
    result = CliRunner().invoke(command, [], obj=state, catch_exceptions=False)
    assert result.output.endswith(" stickers\n")
    assert int(result.output.split()[0]) > 0


def test_provide_health_checks(world):
    assert world.anonymous().get("/health/ready").json["components"]["stickers"] == "healthy"


def test_provide_error_format(world):
    refused = world.anonymous().get("/api/v1/stickers/nonsense")
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert refused.body.decode().startswith(f"{world.clock.now():%H:%M} ")


def test_pick_principal(world, put, screen):
    sticker = put("hello").data
    assert screen.get(f"/api/v1/stickers/{sticker['id']}").data["text"] == "hello"
    assert screen.get("/api/v1/tasks").status == 403
    assert screen.post("/api/v1/stickers/keys").status == 403
    screen.token = "sticker_withdrawn"
    assert screen.get(f"/api/v1/stickers/{sticker['id']}").status == 401


def test_pick_rate_limit(put, ann, screen):
    sticker = put("hello").data
    shown = screen.get(f"/api/v1/stickers/{sticker['id']}").headers
    assert (shown["X-RateLimit-Tier"], shown["X-RateLimit-Limit"]) == ("screen", "60")
    assert ann.get("/api/v1/tasks").headers["X-RateLimit-Tier"] == "default"


def test_pick_trash_policy(world, ann, task, put):
    put("forever")
    ann.delete(f"/api/v1/tasks/{task['id']}")
    [item] = ann.get("/api/v1/archive/trash").data
    expires = datetime.fromisoformat(item["expires_at"])
    assert expires - world.clock.now() == timedelta(days=365)


def test_check_permission(ann, task, put):
    put("keep")
    assert "says keep" in ann.delete(f"/api/v1/tasks/{task['id']}").error["message"]


def test_check_change(ann, task, put):
    put("wait")
    refused = ann.patch(f"/api/v1/tasks/{task['id']}", {"status": "completed"})
    assert (refused.status, refused.error["message"]) == (409, "A sticker on this task says wait")
    assert ann.patch(f"/api/v1/tasks/{task['id']}", {"status": "in_progress"}).status == 200


def test_extend_payload(ann, task, put):
    put("hello")
    assert ann.get(f"/api/v1/tasks/{task['id']}").data["ext"] == {"stickers": ["hello"]}
    [plain], [extended] = ann.get("/api/v1/tasks").data, ann.get("/api/v1/tasks", ext="stickers").data
    assert "ext" not in plain
    assert extended["ext"] == {"stickers": ["hello"]}


def test_collect_user_data(world, ann, bob, put):
    put("hello")
    with world.kernel.db.read(Scope.system()) as reader:
        [row] = world.kernel.hooks.collect_user_data(reader, ann.id)["stickers"]["stickers"]
        assert row["text"] == "hello"
        assert world.kernel.hooks.collect_user_data(reader, bob.id)["stickers"] == {"stickers": []}


def test_erase_user_data(world, ann, put, screen):
    sticker = put("hello").data
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.hooks.erase_user_data(uow, ann.id)
    assert screen.get(f"/api/v1/stickers/{sticker['id']}").status == 401
