import pytest
from dataclasses import replace
from importlib.metadata import EntryPoint
from pronaflow_kernel.plugins.discovery import discover, GROUP
from pronaflow_kernel.testing import World


@pytest.fixture(scope="session")
def world(new_database, tmp_path_factory):
    c = discover([EntryPoint("projects", "pronaflow_projects.plugin:ProjectsPlugin", GROUP)])
    c = [replace(x, manifest=replace(x.manifest, requires={})) for x in c]
    made = World(new_database(), tmp_path_factory.mktemp("data"), candidates=c)
    print({s.id: (s.state, s.reason, s.trace) for s in made.kernel.plugins.values()})
    yield made
    made.close()
