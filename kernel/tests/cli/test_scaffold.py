"""`pronaflow plugins new`: every combination of parts is a plugin that runs and passes its own tests."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from itertools import chain, combinations
from pathlib import Path

import pytest
from click.testing import Result

from pronaflow_kernel.cli.scaffold import LATER, PARTS, render, write
from pronaflow_kernel.plugins.discovery import GROUP, discover
from pronaflow_kernel.testing import World

ROOT = Path(__file__).parents[3]
CHOICES = list(chain.from_iterable(combinations(PARTS, size) for size in range(len(PARTS) + 1)))
ALONE = [choice for choice in CHOICES if len(choice) <= 1]
"""Nothing, and each part by itself."""
TYPED = [*ALONE, ("model", "routes"), ("model", "events"), PARTS]
"""Between them they have every file in every form."""
LONGEST = "an_id_of_forty_letters_the_longest_there"

Run = Callable[..., Result]


def plugin_id(parts: Sequence[str]) -> str:
    return "_".join(("with", *parts)) if parts else "bare"


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a distribution of every combination of parts, named after its parts."""
    folder = tmp_path_factory.mktemp("garden")
    for parts in CHOICES:
        write(folder / plugin_id(parts), render(plugin_id(parts), parts))
    return folder


def installed(garden: Path, parts: Sequence[str]) -> EntryPoint:
    """Have Python find a distribution; its entry point, as its metadata tells it."""
    sys.path.insert(0, str(garden / plugin_id(parts) / "src"))
    importlib.invalidate_caches()
    project = tomllib.loads((garden / plugin_id(parts) / "pyproject.toml").read_text())["project"]
    [(name, value)] = project["entry-points"][GROUP].items()
    return EntryPoint(name, value, GROUP)


def test_every_combination_runs(garden: Path, new_database, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    points = [installed(garden, parts) for parts in CHOICES]
    world = World(new_database(), tmp_path, candidates=discover(points))
    found = {status.id: (status.state, status.reason) for status in world.kernel.plugins.values()}
    paths = world.anonymous().get("/openapi.json").json["paths"]
    world.close()
    assert found == {plugin_id(parts): ("ready", "") for parts in CHOICES}
    for parts in CHOICES:
        own = [path for path in paths if path.split("/")[3] == plugin_id(parts).replace("_", "-")]
        assert len(own) == (0 if "routes" not in parts else 3 if "model" in parts else 1), parts


def pytest_over(garden: Path, choices: Sequence[Sequence[str]], tmp_path: Path, server: str) -> str:
    """What pytest prints about the tests of some distributions, which are installed for it alone."""
    site = tmp_path / "site"
    for parts in choices:
        name = plugin_id(parts)
        info = site / f"pronaflow_{name}-0.1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pronaflow-{name}\nVersion: 0.1.0\n")
        value = installed(garden, parts).value
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
    sources = [garden / plugin_id(parts) / "src" for parts in choices]
    tests = [garden / plugin_id(parts) / "tests" for parts in choices]
    path = os.pathsep.join(map(str, [site, *sources]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(
        [*command, "--import-mode=importlib", f"--rootdir={garden}", *tests],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PRONAFLOW_TEST_DATABASE_URL": server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_their_own_tests_pass_at_once(
    garden: Path, tmp_path: Path, postgres_server: str, monkeypatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    shown = pytest_over(garden, [*ALONE, PARTS], tmp_path, postgres_server)
    assert "skipped" not in shown


class TestReading:
    """The code that authors copy."""

    def test_it_is_formatted_and_without_faults(self, garden: Path, tmp_path: Path) -> None:
        (tmp_path / "long").mkdir()
        for parts in CHOICES:
            write(tmp_path / "long" / plugin_id(parts), render(LONGEST, parts))
        ruff = Path(sys.executable).with_name("ruff")
        for arguments in (["check"], ["format", "--check"]):
            tidy = subprocess.run(
                [ruff, *arguments, "--no-cache", garden, tmp_path / "long"], capture_output=True, text=True
            )
            assert tidy.returncode == 0, tidy.stdout

    def test_it_is_typed(self, garden: Path, tmp_path: Path) -> None:
        names = [plugin_id(parts) for parts in TYPED]
        sources = [str(garden / name / "src") for name in names]
        options = ["--strict", "--disable-error-code=type-abstract", "--explicit-package-bases"]
        typed = subprocess.run(
            [sys.executable, "-m", "mypy", *options, f"--cache-dir={tmp_path}", "--config-file=", *names],
            cwd=garden,
            env={**os.environ, "MYPYPATH": os.pathsep.join(sources)},
            capture_output=True,
            text=True,
        )
        assert typed.returncode == 0, typed.stdout

    def test_importing_it_runs_nothing(self, garden: Path) -> None:
        assert {file.read_text() for file in garden.rglob("__init__.py")} == {""}

    def test_it_imports_nothing_of_the_kernel_but_its_faces(self, garden: Path) -> None:
        lines = {
            line
            for file in garden.rglob("src/**/*.py")
            for line in file.read_text().splitlines()
            if "pronaflow_kernel" in line
        }
        faces = ("from pronaflow_kernel import api", "from pronaflow_kernel.api import ")
        command = "from pronaflow_kernel.command import "
        assert [line for line in lines if not line.strip().startswith((*faces, command))] == []

    def test_the_license_is_the_one_of_the_platform(self) -> None:
        assert render("garden", ())["LICENSE"] == (ROOT / "LICENSE").read_text()


class TestCommand:
    def test_it_writes_a_folder_and_says_what_to_do_next(self, run: Run) -> None:
        shown = run("plugins", "new", "rose_garden", "--with", "model,routes").stdout
        folder = Path("pronaflow-rose-garden")
        assert shown.splitlines()[0] == f"{folder} has 23 files. Next:"
        assert [line.strip() for line in shown.splitlines()[2:]] == [
            f"cd {folder}",
            "pip install -e '.[test]'",
            "pytest",
            "pytest --pronaflow-contract rose_garden",
            "pronaflow quickstart",
        ]
        assert render("rose_garden", ["model", "routes"]) == {
            str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()
        }

    def test_unless_told_it_greets(self, run: Run) -> None:
        run("plugins", "new", "garden")
        assert "Be greeted." in Path("pronaflow-garden/src/pronaflow_garden/routes.py").read_text()

    def test_it_can_bring_nothing(self, run: Run) -> None:
        data = json.loads(run("plugins", "new", "garden", "--with", "", "--json").stdout)
        assert (data["id"], data["folder"]) == ("garden", "pronaflow-garden")
        assert "src/pronaflow_garden/plugin.py" in data["files"]
        assert data["next"][0] == "cd pronaflow-garden"

    def test_it_writes_elsewhere(self, run: Run, tmp_path: Path) -> None:
        run("plugins", "new", "garden", "--into", str(tmp_path))
        assert (tmp_path / "pronaflow-garden/pyproject.toml").exists()

    def test_it_needs_no_settings_that_can_be_read(self, run: Run) -> None:
        Path("pronaflow.toml").write_text("[server\nport = what")
        run("plugins", "new", "garden")


REFUSED = {
    "Rose-Garden": "is no plugin id, which is 2 to 40 lower-case letters and digits, in words with one "
    "underscore between them; 'rose_garden' would do",
    "pronaflow-garden": "'garden' would do",
    "garden_": "'garden' would do",
    "rose__garden": "'rose_garden' would do",
    "x": "is no plugin id",
    "9": "is no plugin id",
    LONGEST + "s": "is no plugin id",
    "garden\n": "is no plugin id",
    "../garden": "'garden' would do",
    "mail": "the id 'mail' is a name of the kernel; choose another",
    "core": "the id 'core' is a name of the kernel; choose another",
    "class": "the id 'class' is a word of Python's own; choose another",
}


class TestRefusal:
    @pytest.fixture(autouse=True)
    def nothing_is_written(self, _alone: None, tmp_path: Path):
        yield
        assert {path.name for path in tmp_path.iterdir()} == {"here", "site"}
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize(("name", "words"), REFUSED.items(), ids=map(repr, REFUSED))
    def test_a_name_that_cannot_be_one(self, run: Run, name: str, words: str) -> None:
        error = run("plugins", "new", "--", name, code=1).stderr
        assert error.startswith("Error: Nothing was written. ")
        assert words in error

    def test_the_id_of_an_installed_plugin(self, site, run: Run) -> None:
        site.add("garden")
        error = run("plugins", "new", "garden", code=1).stderr
        assert "a plugin 'garden' is installed already, by pronaflow-garden 0.3.0" in error

    @pytest.mark.parametrize("part", LATER)
    def test_a_part_that_the_kernel_cannot_have_yet(self, run: Run, part: str) -> None:
        error = run("plugins", "new", "garden", "--with", f"routes,{part}", code=1).stderr
        assert f"--with {part}: {LATER[part]}; there are model, routes, events, commands" in error

    def test_a_part_that_there_is_not(self, run: Run) -> None:
        error = run("plugins", "new", "garden", "--with", "modle", code=1).stderr
        assert "--with modle: there is no such part, did you mean model?" in error

    def test_a_command_that_exists(self, run: Run) -> None:
        run("plugins", "new", "serve", "--into", "nowhere", code=1)
        error = run("plugins", "new", "serve", "--with", "commands", code=1).stderr
        assert "--with commands: there is a command `pronaflow serve` already; choose another id" in error

    def test_everything_wrong_is_named_at_once(self, run: Run) -> None:
        arguments = ("Garden", "--with", "modle,jobs,slot", "--into", "nowhere")
        error = run("plugins", "new", *arguments, code=1).stderr
        assert "5 things speak against it:" in error
        assert [line.split(":")[0] for line in error.splitlines()[2:]] == [
            "--with modle",
            "--with jobs",
            "--with slot",
            "--into nowhere",
        ]

    def test_a_disk_that_fails_half_way(self, run: Run, monkeypatch) -> None:
        written = []

        def fail(path: Path, text: str, **_: str) -> int:
            if written:
                raise OSError(28, "No space left on device", str(path))
            written.append(path)
            return 0

        monkeypatch.setattr(Path, "write_text", fail)
        assert "No space left on device" in run("plugins", "new", "garden", code=1).stderr


def test_a_folder_that_exists_is_left_as_it_is(run: Run) -> None:
    run("plugins", "new", "garden", "--with", "")
    own = Path("pronaflow-garden/mine.txt")
    own.write_text("mine")
    assert "pronaflow-garden exists already" in run("plugins", "new", "garden", code=1).stderr
    assert not Path("pronaflow-garden/src/pronaflow_garden/routes.py").exists()
    assert own.read_text() == "mine"
