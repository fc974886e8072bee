"""What the plugin shows of a task, where a workspace has installed it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.browser import Browser, find_chromium


@pytest.fixture
def rendered(world: World, ann: Person) -> Any:
    """The description of a new task of Ann's as HTML: `rendered("**now**")`."""
    world.kernel.switches.set("markdown_editor", True, ann.workspace_id)
    project = ann.post("/api/v1/projects", {"name": "Site"}).data["id"]

    def render(text: str | None) -> str:
        body = {"project_id": project, "title": "Write", "description": text}
        made = ann.post("/api/v1/tasks", body).data
        shown = ann.get(f"/api/v1/tasks/{made['id']}").data
        return str(shown["ext"]["markdown_editor"]["description_html"])

    return render


def test_markdown_is_shown_as_html(rendered: Any) -> None:
    assert rendered("**now**") == "<p><strong>now</strong></p>\n"
    assert rendered(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://spy.example.com/x.png)",
    ],
)
def test_nothing_that_acts_comes_through(rendered: Any, text: str) -> None:
    shown = rendered(text)
    assert not any(f"<{tag}" in shown for tag in ("script", "img"))
    assert 'href="javascript' not in shown


def test_a_list_shows_tasks_without_descriptions(ann: Person, rendered: Any) -> None:
    rendered("*soon*")
    assert ["ext" in task for task in ann.get("/api/v1/tasks", ext="markdown_editor").data] == [False]


SLOTS = "/api/v1/ui/slots"
PREVIEW = "/api/v1/markdown-editor/preview"

PAGE = """<!doctype html><meta charset="utf-8"><title>A page</title><form></form>
<script type="module">
const [slot] = (await ask("/api/v1/ui/slots?slot=task:editor").then((answer) => answer.json())).data;
await import(slot.module_url);
const editor = document.createElement(slot.element);
Object.assign(editor, { configuration: slot.configuration, api: ask });
document.forms[0].append(editor);
globalThis.editor = editor;
function ask(path, options = {}) {
  const headers = { ...options.headers, Authorization: "Bearer TOKEN" };
  return fetch(path, { ...options, headers });
}
</script>"""


def type_in(browser: Browser, text: str) -> None:
    browser.run(f"editor.shadowRoot.querySelector('textarea').value = {json.dumps(text)}")
    browser.run("editor.shadowRoot.querySelector('textarea').dispatchEvent(new Event('input'))")


@pytest.fixture
def page(world: World, ann: Person) -> Iterator[str]:
    """The address of a page that shows what fills the place of the editor for Ann."""
    configuration = {"toolbar": "minimal", "theme": "dark"}
    installed = ann.post(
        "/api/v1/integration/plugins/markdown_editor/install", {"configuration": configuration}
    )
    assert installed.status == 201
    world.drain()

    def answer(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/page":
            return world.app(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [PAGE.replace("TOKEN", str(ann.token)).encode()]

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    running = threading.Thread(target=server.serve_forever)
    running.start()
    yield f"http://127.0.0.1:{server.port}/page"
    server.shutdown()
    running.join()
    server.server_close()


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
def test_a_page_shows_the_editor_with_a_preview(page: str) -> None:
    with Browser() as browser:
        browser.open(page)
        browser.wait_for("globalThis.editor?.shadowRoot")
        browser.run("globalThis.shown = () => editor.shadowRoot.querySelector('[part=preview]').innerHTML; 1")
        assert browser.run("editor.shadowRoot.querySelectorAll('button').length") == 2
        assert browser.run("editor.getAttribute('theme')") == "dark"

        type_in(browser, "**now** <img src=x onerror=alert(1)>")
        browser.wait_for("shown().includes('<strong>now</strong>')")
        assert browser.run("editor.shadowRoot.querySelectorAll('img').length") == 0

        browser.run("editor.value = 'soon'; editor.shadowRoot.querySelector('textarea').select(); 1")
        browser.run("editor.shadowRoot.querySelector('button').click(); 1")
        assert browser.run("editor.value") == "**soon**"
        browser.wait_for("shown().includes('<strong>soon</strong>')")


def test_it_fills_its_place_where_it_is_installed(world: World, ann: Person, bob: Person) -> None:
    ann.post("/api/v1/integration/plugins/markdown_editor/install", {"configuration": {"theme": "dark"}})
    [slot] = ann.get(SLOTS, slot="task:editor").data
    assert slot["element"] == "pronaflow-markdown-editor"
    assert slot["configuration"] == {"theme": "dark"}
    module = world.anonymous().get(slot["module_url"])
    assert module.status == 200 and module.headers["Content-Type"].startswith("text/javascript")
    assert bob.get(SLOTS).data == []
    assert bob.post(PREVIEW, {"text": "x"}).status == 404
