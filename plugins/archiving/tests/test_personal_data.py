"""What is held of a person: shown, taken out as a file for a day, and forgotten with a certificate."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.mail import EmlMailer, Mail
from pronaflow_kernel.plugins.hooks import Hooks
from pronaflow_kernel.storage.store import FileStore
from pronaflow_kernel.testing import Person, World

DATA = "/api/v1/compliance/my-data"
EXPORTS = f"{DATA}/exports"
ERASURES = "/api/v1/compliance/erasures"
HOUR = 3600


@pytest.fixture
def busy(world: World) -> Person:
    """Somebody who has a project with a task and a file at it."""
    person = world.person("busy")
    project = person.post("/api/v1/projects", {"name": "Harbour"}).data["id"]
    task = person.post("/api/v1/tasks", {"project_id": project, "title": "Dredge"}).data["id"]
    assert person.upload(f"/api/v1/tasks/{task}/files", "tides.txt", b"low tide at six").status == 201
    return person


def exported(world: World, person: Person) -> tuple[dict[str, Any], Any]:
    """The job's result, and the reply to the download."""
    job = person.post(EXPORTS)
    assert job.status == 202
    world.drain()
    done = person.get(f"/api/v1/jobs/{job.data['id']}").data
    assert done["status"] == "succeeded", done
    return done["result"], person.get(done["result"]["download_url"])


def test_it_is_shown_at_once(busy: Person) -> None:
    shown = busy.get(DATA).data
    assert shown["kernel"]["account"][0]["email"] == busy.email
    assert shown["plugins"]["tasks"]["tasks"][0]["title"] == "Dredge"
    assert shown["left_out"] == []
    assert "password_hash" not in str(shown)


def test_a_file_holds_the_data_and_what_the_person_uploaded(world: World, busy: Person) -> None:
    _, reply = exported(world, busy)
    with zipfile.ZipFile(io.BytesIO(reply.body)) as bundle:
        data = json.loads(bundle.read("data.json"))
        [file] = [name for name in bundle.namelist() if name.startswith("files/")]
        assert bundle.read(file) == b"low tide at six"
        assert json.loads(bundle.read("left_out.json")) == []
    assert data["plugins"]["tasks"]["tasks"][0]["title"] == "Dredge"
    assert file.endswith("-tides.txt")


def test_files_beyond_the_cap_are_named_and_left_out(
    world: World, busy: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = world.kernel.contributions["archiving"].plugin
    monkeypatch.setattr(plugin.own_data, "_most", 5)
    _, reply = exported(world, busy)
    with zipfile.ZipFile(io.BytesIO(reply.body)) as bundle:
        [left] = json.loads(bundle.read("left_out.json"))
    assert (left["size"], left["reason"]) == (15, "too_large")


def test_the_file_goes_after_a_day(world: World, busy: Person) -> None:
    result, reply = exported(world, busy)
    assert reply.status == 200
    one = f"{EXPORTS}/{result['export_id']}"
    assert busy.get(one).data["status"] == "done"
    world.clock.advance(23 * HOUR)
    world.step_up(busy)
    assert busy.get(f"{one}/download").status == 200
    world.clock.advance(2 * HOUR)
    world.step_up(busy)
    assert busy.get(f"{one}/download").status == 404
    world.drain()
    assert busy.get(EXPORTS).data == []


def test_nobody_else_gets_it(world: World, busy: Person, ann: Person) -> None:
    result, _ = exported(world, busy)
    for path in ("", "/download"):
        assert ann.get(f"{EXPORTS}/{result['export_id']}{path}").status == 404


def test_all_that_is_held_asks_for_a_recent_proof(world: World, busy: Person) -> None:
    world.clock.advance(HOUR)
    refused = busy.get(DATA)
    assert (refused.status, refused.json["error"]["details"]["reason"]) == (403, "step_up_required")


def erased(world: World, admin: Person, person: Person) -> dict[str, Any]:
    """The erasure after it is done."""
    begun = admin.post(ERASURES, {"user_id": person.id})
    assert (begun.status, begun.data["status"]) == (202, "waiting")
    world.drain()
    found: dict[str, Any] = admin.get(f"{ERASURES}/{begun.data['id']}").data
    return found


def test_an_erasure_ends_with_a_certificate_that_names_nobody(world: World, busy: Person) -> None:
    admin, colleague = world.administrator(), world.person("colleague")
    world.join(busy.workspace_id, colleague, "owner")
    done = erased(world, admin, busy)
    assert done["status"] == "done"
    reply = admin.get(done["certificate_url"])
    assert "attachment" in reply.headers["Content-Disposition"]
    certificate = json.loads(reply.body)
    assert (certificate["user_id"], certificate["asked_by"]) == (busy.id, admin.id)
    assert certificate["kernel"]["rows"]["core__session"]["deleted"] >= 1
    tasks = next(part for part in certificate["plugins"] if part["plugin_id"] == "tasks")
    assert tasks["kept"]["tasks"] == 1
    assert "stay" in tasks["free_text"]
    assert busy.email not in reply.body.decode()
    assert busy.username not in reply.body.decode()
    assert world.administrator().get(done["certificate_url"]).status == 404


def test_a_refused_erasure_says_why_and_changes_nothing(world: World, busy: Person) -> None:
    admin, colleague = world.administrator(), world.person("colleague")
    world.join(busy.workspace_id, colleague, "member")
    done = erased(world, admin, busy)
    assert done["status"] == "refused"
    assert "nobody else owns" in done["problem"]
    assert busy.get("/api/v1/auth/me").status == 200
    assert admin.get(f"{ERASURES}/{done['id']}/certificate").status == 409


def test_somebody_unknown_or_forgotten_cannot_be_forgotten(world: World, ann: Person) -> None:
    admin, lonely = world.administrator(), world.person("lonely")
    assert erased(world, admin, lonely)["status"] == "done"
    assert admin.post(ERASURES, {"user_id": lonely.id}).status == 404
    assert ann.post(ERASURES, {"user_id": admin.id}).status == 403


def test_exports_go_with_the_person(world: World, busy: Person) -> None:
    result, _ = exported(world, busy)
    admin = world.administrator()
    assert erased(world, admin, busy)["status"] == "done"
    world.drain()
    assert admin.get(f"{EXPORTS}/{result['export_id']}").status == 404


def erased_but_for(world: World, admin: Person, person: Person, survive: Callable[[], None]) -> str:
    """The address of the certificate of an erasure in whose end a process was killed."""
    begun = admin.post(ERASURES, {"user_id": person.id}).data
    survive()
    world.step_up(admin)
    return str(admin.get(f"{ERASURES}/{begun['id']}").data["certificate_url"])


class TestKilled:
    @pytest.fixture
    def world(self, new_world: Callable[..., World]) -> World:
        """One of its own: what a dead process held comes free later than the clock of the next test says."""
        return new_world()

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_an_erasure_that_was_killed_is_done_later(
        self, world: World, busy: Person, when: str, survive: Callable[..., None]
    ) -> None:
        admin = world.administrator()
        begun = admin.post(ERASURES, {"user_id": busy.id}).data
        survive("erase_user_data" if when == "before" else "collect_user_data", Hooks)
        assert busy.get("/api/v1/auth/me").status == 200, "nothing of it was kept"
        world.clock.advance(HOUR)
        world.drain()
        assert busy.get("/api/v1/auth/me").status == 401
        assert admin.get(f"{ERASURES}/{begun['id']}").data["status"] == "done"

    def test_letters_are_forgotten_by_the_next_process_where_one_was_killed(
        self,
        world: World,
        busy: Person,
        survive: Callable[..., None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        folder = tmp_path / "letters"
        letters = EmlMailer(folder, "PronaFlow <us@example.com>", world.clock)
        monkeypatch.setattr(world.kernel.mail, "_mailer", letters)
        for to in (busy.email, "friend@example.com"):
            letters.send(Mail(to, f"Hello from {busy.username}", "x"))
        letters.send(Mail("friend@example.com", "Hello", "x"))
        admin = world.administrator()
        certificate = admin.get(erased_but_for(world, admin, busy, partial(survive, "read_bytes", Path)))
        assert "are deleted once the last one is written" in json.loads(certificate.body)["kernel"]["letters"]
        assert len(list(folder.iterdir())) == 4, "the last letter is written, and none is gone"
        world.clock.advance(HOUR)
        world.drain()
        [kept] = folder.iterdir()
        assert b"friend@example.com" in kept.read_bytes()

    def test_an_export_that_was_killed_is_made_later(
        self, world: World, busy: Person, survive: Callable[..., None]
    ) -> None:
        job = busy.post(EXPORTS).data
        survive("put", FileStore)
        world.clock.advance(HOUR)
        world.drain()
        assert busy.get(f"/api/v1/jobs/{job['id']}").data["status"] == "succeeded"
        assert [row["status"] for row in busy.get(EXPORTS).data] == ["done"]
