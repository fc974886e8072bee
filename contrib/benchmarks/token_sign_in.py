"""What it costs to sign in by an API token, beside an access token of a session.

    python contrib/benchmarks/token_sign_in.py [--quick] [--database sqlite|postgresql|both]

Both go through all that lets a request in, not counted in a limit. A token is hashed, and found by one
statement with its owner, membership and workspace; its request is noted for the usage. The goal is at most
200 microseconds beyond a session.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from measure import Figures, Options, alternate, options, show
from place import database

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.web.admission import Admission

TITLE = "Signing in: an API token beside a session"
GOAL = 200.0


def figures(asked: Options) -> Figures:
    rounds = 3 if asked.quick else 100
    for kind in asked.databases:
        with database(kind) as (url, folder), ExitStack() as stack:
            world = World(url, folder)
            stack.callback(world.close)
            ann = world.person()
            body = {"name": "Bot", "scopes": ["read:tasks", "write:projects"]}
            token = ann.post("/api/v1/integration/tokens", body).data["token"]
            sent = {"session": str(ann.token), "token": token}
            calls = {name: stack.enter_context(_signing_in(world, each)) for name, each in sent.items()}
            times = alternate(calls, rounds)
            for name in sent:
                yield f"{kind}, {name}", str(times[name])
            more = times["token"].median - times["session"].median
            ratio = times["token"].ratio(times["session"])
            yield f"{kind}, token beyond session", f"{more:.1f} us, {ratio:.2f} times; goal {GOAL:g} us"


@contextmanager
def _signing_in(world: World, token: str) -> Iterator[Callable[[], object]]:
    """Lets a request with a token in, as often as one likes."""
    admission: Admission = world.app.extensions["pronaflow.admission"]
    nobody = Scope(Principal.anonymous())
    headers = {"Authorization": f"Bearer {token}"}
    with world.kernel.db.read(nobody) as reader:

        def call() -> object:
            with world.app.test_request_context("/api/v1/tasks", headers=headers):
                reader.enter(nobody)
                return admission.sign_in(reader)

        yield call


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
