"""What is left of somebody who used everything and then deleted the account, with all installed plugins.

A word stands in their names, mail address, network address and program; afterwards it stands in no value of
any table.
"""

import email
import email.policy
import gzip
import io
import json
import re
import zipfile

import pytest
from sqlalchemy import inspect

from pronaflow_kernel.mail import EmlMailer
from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.persistence.scope import Scope

API = "/api/v1"
PASSWORD = "Quiet-Meadow7!x"
MARK, NETWORK = "narwhal", "192.0.2"
"""Of nobody else: the tests of all plugins may share the server."""
NINA = {"email": f"Nina.{MARK}@Example.com", "username": f"nina_{MARK}", "password": PASSWORD}


def holding(world):
    """`table.column` of every value that tells who it was, read past the kernel, search indexes included."""
    engine, found = open_bare(world.database_url), set()
    try:
        with engine.connect() as connection:
            for table in inspect(engine).get_table_names():
                rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()
                found |= {f"{table}.{name}" for row in rows for name in row if tells(row[name])}
    finally:
        engine.dispose()
    return found


def tells(value):
    if isinstance(value, (bytes, memoryview)):
        text = bytes(value).decode("utf-8", "replace")
    else:
        text = json.dumps(value, default=str, ensure_ascii=False)
    return MARK in text.lower() or NETWORK in text


def stored(world):
    """The content of every file in the store, unpacked where it is a zip or compressed."""
    for key in world.kernel.store.keys(world.clock.now().replace(year=2200)):
        with world.kernel.store.open(key) as stream:
            content = stream.read()
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as bundle:
                yield from (bundle.read(name) for name in bundle.namelist())
        else:
            yield gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.fixture
def letters(world, tmp_path, monkeypatch):
    """The folder in which letters stay that were sent: those of the world, as of a server without SMTP."""
    files, take = EmlMailer(tmp_path / "mail", "PronaFlow <us@example.com>", world.clock), world.outbox.send
    monkeypatch.setattr(world.outbox, "send", lambda mail: (take(mail), files.send(mail)))
    monkeypatch.setattr(world.outbox, "folder", files.folder)
    return files.folder


def opened(path):
    """Headers and text of a letter as people read them."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return " ".join([*map(str, message.values()), *texts])


@pytest.fixture
def nina(world):
    """Somebody with the word in everything, who has registered and signed in."""
    person = world.anonymous()
    person.client.environ_base |= {"REMOTE_ADDR": f"{NETWORK}.7", "HTTP_USER_AGENT": f"{MARK}/1.0"}
    person.id = person.post(f"{API}/auth/register", {**NINA, "full_name": f"Nina {MARK}"}).data["user_id"]
    person.post(f"{API}/auth/login", {"email": NINA["email"], "password": "Wrong-Meadow7!x"})
    signed_in = {"email": NINA["email"], "password": PASSWORD}
    person.token = person.post(f"{API}/auth/login", signed_in).data["access_token"]
    return person


@pytest.fixture
def team(world, nina):
    """A colleague whose workspace nina has joined by mail, after a first invitation came too early."""
    colleague = world.person("otto")
    place = f"{API}/workspaces/{colleague.workspace_id}"
    for _ in range(2):
        body = {"email": NINA["email"], "role": "member", "message": "Welcome"}
        assert colleague.post(f"{place}/invitations", body).status == 201
    world.drain()
    mail = world.outbox.to(NINA["email"])[-1]
    token = re.search(r"^token: (\S+)$", mail.text, re.MULTILINE)[1]
    assert nina.post(f"{API}/workspaces/invitations/accept", {"token": token}).status == 200
    return colleague


def at_work(nina, team):
    """Both work on one project; the ids of what was made."""
    here = {"X-Workspace-Id": team.workspace_id}

    def post(person, path, body, key=None):
        headers = {**here, "Idempotency-Key": key} if key else here
        return person.request("POST", f"{API}/{path}", body, headers=headers).data

    project = post(team, "projects", {"name": "Harbour"}, "first")["id"]
    post(team, f"projects/{project}/members", {"user_id": nina.id, "role": "manager"}, "second")
    task = post(nina, "tasks", {"project_id": project, "title": "Dredge", "tags": ["mud"]}, "third")["id"]
    assigned = {"assigned_to": nina.id}
    assert team.request("PATCH", f"{API}/tasks/{task}", assigned, headers=here).status == 200
    comment = post(nina, f"tasks/{task}/comments", {"content": "At low tide"})["id"]
    edited = {"content": "At high tide"}
    assert nina.request("PATCH", f"{API}/tasks/comments/{comment}", edited, headers=here).status == 200
    return here, project, task, comment


def test_nothing_tells_who_it_was_and_the_work_is_still_there(world, nina, team):
    here, project, task, comment = at_work(nina, team)
    nina.patch(f"{API}/auth/me", {"username": f"{MARK}_too", "job_title": f"Head of {MARK}s"})
    nina.post(f"{API}/workspaces", {"name": f"{MARK} home"})
    agreed = {"consent_type": "THIRD_PARTY", "resource_type": "chat", "resource_id": f"{MARK}-channel"}
    nina.post(f"{API}/integration/consents", {**agreed, "description": f"Tell {MARK}s of tasks"})
    world.drain()
    assert holding(world) >= {
        "core__user.email", "core__session.ip", "core__session.user_agent", "core__event_private.data",
        "core__event.payload", "core__workspace.name", "workspaces__invitation.email",
        "integrations__consent.resource_id", "integrations__consent.description",
    }  # fmt: skip

    assert nina.request("DELETE", f"{API}/auth/me", {"password": PASSWORD}).status == 204

    world.drain()
    assert holding(world) == set()
    shown = team.request("GET", f"{API}/tasks/{task}", headers=here).data
    assert shown["title"] == "Dredge"
    shown = team.request("GET", f"{API}/tasks/comments/{comment}", headers=here).data
    assert (shown["content"], shown["author_id"]) == ("At high tide", nina.id)
    assert team.request("GET", f"{API}/projects/{project}", headers=here).status == 200
    members = team.request("GET", f"{API}/workspaces/{team.workspace_id}/members", headers=here).data
    assert [row["user_id"] for row in members] == [team.id]


def test_before_that_they_could_read_all_of_it(world, nina, team):
    from pronaflow_kernel.identity.leaving.personal_data import collect

    _, project, task, comment = at_work(nina, team)
    with world.kernel.db.read(Scope.system()) as reader:
        found = collect(world.kernel, reader, nina.id)

    assert found["left_out"] == []
    told = json.dumps(found, default=str)
    assert [text for text in (task, comment, project, "At low tide", NINA["email"]) if text not in told] == []
    assert nina.request("DELETE", f"{API}/auth/me", {"password": PASSWORD}).status == 204


def test_no_letter_tells_who_it_was(world, letters, nina, team):
    """Those to nina, the last one with them, and the invitation of a friend that names her."""
    nina.patch(f"{API}/auth/me", {"username": f"{MARK}_too"})
    home = nina.post(f"{API}/workspaces", {"name": "Home"}).data["id"]
    for host, to in ((nina, "friend@example.com"), (team, "guest@example.com")):
        place = home if host is nina else team.workspace_id
        body = {"email": to, "role": "member"}
        assert host.post(f"{API}/workspaces/{place}/invitations", body).status == 201
    world.drain()
    about = [text for text in map(opened, letters.iterdir()) if tells(text)]
    assert {"friend@example.com" in text for text in about} == {True, False}

    assert nina.request("DELETE", f"{API}/auth/me", {"password": PASSWORD}).status == 204
    world.drain()

    assert world.outbox.to(NINA["email"])[-1].subject.startswith("Your account was deleted"), "it was sent"
    kept = [opened(path) for path in letters.iterdir()]
    assert [text for text in kept if tells(text)] == []
    assert any("guest@example.com" in text for text in kept), "letters of others stay"


def test_no_file_and_no_log_tells_who_it_was(world, letters, nina, team):
    """An export of theirs, old entries in files, all letters, and all that an administrator can take out."""
    here, *_ = at_work(nina, team)
    nina.patch(f"{API}/auth/me", {"username": f"{MARK}_too"})
    assert nina.request("POST", f"{API}/compliance/my-data/exports", headers=here).status == 202
    world.drain()
    assert any(tells(content) for content in stored(world)), "the export holds it"
    admin = world.administrator()
    assert tells(admin.get(f"{API}/audit-logs/export", format="jsonl").body)

    begun = admin.post(f"{API}/compliance/erasures", {"user_id": nina.id}).data
    world.drain()

    certificate = admin.get(f"{API}/compliance/erasures/{begun['id']}/certificate").body
    assert json.loads(certificate)["user_id"] == nina.id
    assert not tells(certificate)
    assert holding(world) == set()
    assert [content for content in stored(world) if tells(content)] == []
    assert [path for path in letters.iterdir() if tells(path.read_bytes()) or tells(opened(path))] == []
    for view in ("csv", "jsonl"):
        assert not tells(admin.get(f"{API}/audit-logs/export", format=view).body)
