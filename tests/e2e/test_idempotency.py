"""Twenty requests with one key over sockets: one task, one answer, also when the server dies in between."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from .server import Caller

TASKS = "/api/v1/tasks"
TWINS = 20
DEATH = Path(__file__).parent / "sudden_death"


@pytest.fixture(scope="module")
def armed(site):
    """The file that lets the server die after its next commit of a task."""
    file = site.folder / "armed"
    site.settings |= {"PYTHONPATH": str(DEATH), "DIE_AFTER_COMMIT": str(file)}
    return file


@pytest.fixture(scope="module")
def ada(site, armed):
    """The token of somebody, and the id of a project of hers."""
    with Caller(site.server()) as caller:
        caller.sign_up("ada")
        return caller.token, caller.post("/api/v1/projects", {"name": "Website"}).data["id"]


def at_once(server, ada, key):
    """What twenty requests with one key are answered: status, ETag, body and whether it is a replay.

    None stands for no answer.
    """
    token, project_id = ada
    body = json.dumps({"project_id": project_id, "title": f"Made with {key}"})
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }

    def ask(_):
        try:
            with Caller(server) as caller:
                answer, read = None, b""
                # On a machine that is busy enough a twin is told to come again, as any client is.
                while answer is None or b"in_progress" in read:
                    caller.connection.request("POST", TASKS, body, headers)
                    answer = caller.connection.getresponse()
                    read = answer.read()
                replayed = answer.headers.get("Idempotency-Replayed") == "true"
                return answer.status, answer.headers["ETag"], read, replayed
        except (HTTPException, OSError):
            return None

    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(ask, range(TWINS)))


def made(server, ada, key):
    """Ids of the tasks that were made with a key."""
    token, project_id = ada
    with Caller(server, token) as caller:
        tasks = caller.every(TASKS, project_id=project_id)
    return [task["id"] for task in tasks if task["title"] == f"Made with {key}"]


def test_twenty_at_once_make_one_task_and_get_one_answer(site, ada):
    server = site.server()
    answers = at_once(server, ada, "one")
    assert len({answer[:3] for answer in answers}) == 1
    assert sorted(answer[3] for answer in answers) == [False, *[True] * (TWINS - 1)]
    assert (answers[0][0], [json.loads(answers[0][2])["data"]["id"]]) == (201, made(server, ada, "one"))


def test_a_server_that_dies_before_it_answers_has_kept_the_answer(site, ada, armed):
    server = site.server()
    armed.touch()
    answers = at_once(server, ada, "two")
    assert server.process.wait() == -9
    assert not armed.exists(), "it was not this that killed the server"
    # Whoever made the task is not answered. A twin may be, with what is kept, as long as the server lives.
    assert None in answers
    revived = site.server()
    [task_id] = made(revived, ada, "two")
    [kept] = set(at_once(revived, ada, "two"))
    status, etag, body, replayed = kept
    assert (status, replayed, json.loads(body)["data"]["id"]) == (201, True, task_id)
    assert etag is not None
    assert set(answers) <= {None, kept}
    assert made(revived, ada, "two") == [task_id]
