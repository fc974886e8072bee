"""The page behind the one-time link, in a browser, against the real route."""

import threading

import pytest

from pronaflow_kernel.identity.admin import Admin
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing.browser import Browser, find_chromium
from pronaflow_kernel.web.server import Server

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")

FILL = """
for (const [name, value] of Object.entries({email: '%s', username: '%s', password: '%s'}))
  document.forms[0].elements[name].value = value;
document.forms[0].requestSubmit();
"""


@pytest.fixture
def url(new_house):
    """A one-time link to a server that listens, and the house behind it."""
    house = new_house()
    server = Server(house.world.app, "127.0.0.1", 0, threads=4)
    running = threading.Thread(target=server.run)
    running.start()
    with house.world.kernel.db.write(Scope.system()) as uow:
        link = Admin(house.world.kernel).issue_setup_link(uow)
    yield link.replace("http://localhost:8000", server.url), house
    server.stop()
    running.join(60)


def test_it_names_mistakes_and_then_makes_the_administrator(url):
    link, house = url
    account = house.newcomer()

    with Browser() as browser:
        browser.open(link)
        browser.wait_for("document.readyState === 'complete' && document.forms[0]")
        browser.run(FILL % (account.email, account.username, "short"))
        browser.wait_for("document.getElementById('password-error').textContent.includes('12 characters')")
        browser.run(FILL % (account.email, account.username, account.password))
        browser.wait_for("!document.getElementById('done').hidden")

    assert house.login(account).data["user"]["roles"] == ["user", "admin"]
