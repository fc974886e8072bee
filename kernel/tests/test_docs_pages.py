"""The pages of the kernel: they work in a browser, ask nothing of any other server, and say so."""

import re
import threading
from functools import partial
from pathlib import Path

import flask
import pytest

from pronaflow_kernel.testing.browser import Browser, find_chromium
from pronaflow_kernel.web.server import Server
from pronaflow_kernel.web.static_pages import STATIC, blueprint

PAGES = ["/docs", "/redoc", "/setup"]

in_browser = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")


def operation(method):
    """An operation with everything that a page shows."""
    name = {"name": "name", "in": "query", "required": True, "schema": {"type": "string", "format": "uuid"}}
    words = {"type": "object", "required": ["words"], "properties": {"words": {"type": "string"}}}
    content = {"application/json": {"schema": words}}
    return {
        "summary": f"Greet by {method}",
        "description": "Says it *aloud*, see `words`.",
        "tags": ["hello"],
        "parameters": [name],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Said", "content": content}, "404": {"description": "Nobody"}},
    }


DESCRIPTION = {
    "openapi": "3.1.0",
    "info": {"title": "A small API", "version": "1"},
    "paths": {
        "/greeting": {
            "get": {"summary": "Say hello", "tags": ["hello"], "responses": {"200": {"description": "Said"}}},
            **{method: operation(method) for method in ("post", "put", "patch", "delete")},
        }
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "security": [{"bearer": []}],
}


@pytest.fixture
def app():
    app = flask.Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(lambda *_: None))
    app.add_url_rule("/openapi.json", view_func=lambda: DESCRIPTION)
    return app


@pytest.fixture
def get(app):
    """GET that reads the whole answer and closes the file behind it."""
    return partial(app.test_client().get, buffered=True)


@pytest.fixture
def url(app):
    server = Server(app, "127.0.0.1", 0, threads=4)
    running = threading.Thread(target=server.run)
    running.start()
    yield server.url
    server.stop()
    running.join(60)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_allows_its_own_scripts_only(get, page):
    answer = get(page)

    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert answer.status_code == 200
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "'unsafe-inline'" not in policy["style-src"]
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_outside_address_and_only_files_that_are_here(get, page):
    source = get(page).text
    addresses = [address for address in re.findall(r'(?:src|href)="([^"]*)"', source) if address != "data:,"]

    assert "//" not in source
    assert not [address for address in addresses if address.startswith("/")], "relative, to work under a path"
    for address in addresses:
        if address.startswith("static/"):
            assert get(f"/{address}").status_code == 200, address


@pytest.mark.parametrize("name", ["docs.js", "docs.css", "redoc.js", "redoc.css", "setup.js", "setup.css"])
def test_the_kernels_own_files_name_no_outside_address(name):
    assert not re.search(r"https?:|[\"'(]//", (STATIC / name).read_text())


def test_a_vendored_file_is_kept_for_a_year_under_its_version(get):
    for page in PAGES:
        for package, version in re.findall(r'static/vendor/([\w-]+)/[^"?]+\?v=([^"]+)"', get(page).text):
            assert version == (STATIC / "vendor" / package / "VERSION").read_text().strip()
    answer = get("/static/vendor/redoc/redoc.standalone.js")

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_kernels_own_pages_are_asked_for_again(get):
    answer = get("/docs")

    assert answer.headers["Cache-Control"] == "no-cache"
    assert get("/docs", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("package", ["swagger-ui", "redoc"])
def test_a_vendored_package_carries_its_licence(package):
    folder = STATIC / "vendor" / package

    assert re.search("Apache License|MIT License", (folder / "LICENSE").read_text())
    assert all((folder / f"{script.name}.LICENSE.txt").exists() for script in folder.glob("*.js"))


@pytest.mark.parametrize("name", ["../web/server.py", "vendor/../../errors.py", "missing.js", "vendor"])
def test_nothing_outside_the_folder_is_served(get, name):
    assert get(f"/static/{name}").status_code == 404


@in_browser
def test_docs_lists_the_description_and_asks_only_this_server(url):
    with Browser() as browser:
        browser.open(f"{url}/docs")
        browser.wait_for("document.querySelector('#operations-tag-hello')")
        browser.run("document.querySelector('#operations-tag-hello').click()")
        browser.wait_for("document.body.innerText.includes('Say hello')")

        assert f"{url}/openapi.json" in browser.requested
        assert all(address.startswith(url) for address in browser.requested)
        assert browser.complaints == []


@in_browser
def test_redoc_shows_the_description_and_asks_only_this_server(url):
    with Browser() as browser:
        browser.open(f"{url}/redoc")
        browser.wait_for("document.body.innerText.includes('Say hello')")
        browser.run("document.querySelector('input[role=search], input[type=text]').focus()")
        browser.call("Input.insertText", text="hello")
        browser.wait_for(
            "document.querySelector('[data-role=\"search:results\"]')?.innerText.includes('hello')"
        )

        assert f"{url}/openapi.json" in browser.requested
        assert all(address.startswith(url) for address in browser.requested)
        assert browser.complaints == [], "nothing that the page's policy forbids was tried"


def fill_in(browser, **values):
    browser.wait_for("document.readyState === 'complete'")
    for name, value in values.items():
        browser.run(f"document.getElementById('{name}').focus()")
        browser.call("Input.insertText", text=value)
    browser.run("document.querySelector('button').click()")


@in_browser
def test_setup_sends_the_token_of_its_address_and_says_that_it_worked(app, url):
    received = []

    def set_up():
        received.append(flask.request.json)
        return {"success": True, "data": {}}, 201

    app.add_url_rule("/api/v1/auth/setup", view_func=set_up, methods=["POST"])
    with Browser() as browser:
        browser.open(f"{url}/setup#token=a-b_c")
        fill_in(browser, email="a@b.example", username="ada", password="long enough")
        browser.wait_for("!document.getElementById('done').hidden")

        assert received == [
            {"token": "a-b_c", "email": "a@b.example", "username": "ada", "password": "long enough"}
        ]
        assert "ada" in browser.run("document.getElementById('done').innerText")
        assert browser.run("location.hash") == "", "the used token leaves the address"
        assert browser.complaints == []


@in_browser
def test_setup_shows_every_error_beside_its_field(app, url):
    errors = [
        {"field": "email", "message": "Not an address."},
        {"field": "password", "message": "Too short."},
        {"field": "password", "message": "Needs a digit."},
        {"field": "token", "message": "Used already."},
    ]
    refusal = {"success": False, "error": {"message": "Wrong input", "details": {"errors": errors}}}
    app.add_url_rule("/api/v1/auth/setup", "refuse", lambda: (refusal, 422), methods=["POST"])
    with Browser() as browser:
        browser.open(f"{url}/setup#token=a")
        fill_in(browser, email="x")
        browser.wait_for("document.getElementById('problem').textContent")

        shown = browser.run(
            "Object.fromEntries([...document.querySelectorAll('.error')].map(e => [e.id, e.textContent]))"
        )
        assert shown == {
            "email-error": "Not an address.",
            "username-error": "",
            "password-error": "Too short.\nNeeds a digit.",
        }
        assert (
            browser.run("document.getElementById('problem').textContent")
            == "Wrong input\ntoken: Used already."
        )
        assert browser.run("document.activeElement.id") == "email"
        assert browser.run("document.getElementById('password').ariaInvalid") == "true"


@in_browser
def test_setup_without_a_token_says_what_to_open(url):
    with Browser() as browser:
        browser.open(f"{url}/setup")
        browser.wait_for("document.querySelector('button').disabled")

        assert "Open the whole link" in browser.run("document.getElementById('problem').textContent")


AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"

RUN_AXE = """
axe.run(document).then(({ violations }) => violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)]))
"""

OPENED = {
    "/docs": """(() => {
        if (!document.querySelector(".opblock-tag")) return false;
        if (!document.querySelector(".opblock-body")) {
            const summary = document.querySelector(".opblock-summary-control");
            (summary ?? document.querySelector(".opblock-tag")).click();
            return false;
        }
        return !document.querySelector(".opblock-summary-control a[href]");
    })()""",
    "/redoc": "document.body.innerText.includes('Greet by delete')",
    "/setup": "document.readyState === 'complete'",
}
"""What is true of each page when all that it shows at first is there."""


@in_browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_used_without_seeing_it(url, page):
    """axe-core finds nothing serious or critical, and the browser nothing that the policy forbids."""
    with Browser() as browser:
        browser.open(f"{url}{page}")
        browser.wait_for(OPENED[page])
        browser.run(f"{AXE.read_text()}; 0")

        assert browser.run(RUN_AXE) == []
        assert browser.run("document.documentElement.lang") == "en"
        assert browser.run("document.title.includes('PronaFlow')")
        assert browser.run("document.querySelectorAll('h1, h2').length > 0")
        assert browser.complaints == []


@in_browser
def test_docs_can_be_opened_with_the_keyboard_alone(url):
    def press(key, code):
        for kind in ("keyDown", "keyUp"):
            browser.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text="\r" * (code == 13),
            )

    with Browser() as browser:
        browser.open(f"{url}/docs")
        browser.wait_for("document.querySelector('#operations-tag-hello')")
        for wanted in (".opblock-tag", ".opblock-summary-control"):
            for _ in range(20):
                press("Tab", 9)
                if browser.run(f"Boolean(document.activeElement.closest('{wanted}'))"):
                    break
            assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid", wanted
            if not browser.run("Boolean(document.querySelector('.opblock-summary-control'))"):
                press("Enter", 13)
                browser.wait_for("document.querySelector('.opblock-summary-control')")
        press("Enter", 13)
        browser.wait_for("document.querySelector('.opblock-body')")
