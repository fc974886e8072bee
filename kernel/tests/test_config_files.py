"""The example files in `config/`: complete, commented, and right."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from pronaflow_kernel.settings import keys, load, sections

KEY = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("name", ["development", "production", "test"])
class TestExampleFiles:
    def test_loads_without_problems(self, name: str) -> None:
        settings = load(CONFIG / f"{name}.toml", env={"PRONAFLOW_SECRET_KEY": KEY})
        assert settings.environment == name

    def test_is_complete_and_commented(self, name: str) -> None:
        lines = (CONFIG / f"{name}.toml").read_text().splitlines()
        section, found = "", {}
        for above, line in pairwise(lines):
            if header := re.fullmatch(r"\[(\w+)\]", line):
                section = header[1]
                assert above.startswith("# "), f"[{section}] has no comment"
            elif key := re.match(r"#?(\w+) = ", line):
                found[section, key[1]] = above
        assert found.keys() == {(section, key) for section, cls in sections().items() for key in keys(cls)}
        assert [name for name, above in found.items() if not above.startswith("# ")] == []

    def test_what_is_commented_out_is_the_default_or_a_valid_example(self, name: str, tmp_path: Path) -> None:
        lines = (CONFIG / f"{name}.toml").read_text().splitlines()
        uncommented = "\n".join(line.removeprefix("#") for line in lines if re.match(r"#\w+ = |\[", line))
        (tmp_path / "uncommented.toml").write_text(uncommented)
        load(tmp_path / "uncommented.toml", env={})
        tree = tomllib.loads(uncommented)
        for section, cls in sections().items():
            said = tree.get(section, {}) if section else tree
            for key, field in keys(cls).items():
                if key in said and field.default not in (None, "", ()):
                    assert said[key] == (str(field.default) if key == "data_dir" else field.default)

    def test_every_source_is_the_line_of_its_key(self, name: str) -> None:
        lines = (CONFIG / f"{name}.toml").read_text().splitlines()
        settings = load(CONFIG / f"{name}.toml", env={"PRONAFLOW_SECRET_KEY": KEY})
        for dotted, source in settings.sources.items():
            if source != "PRONAFLOW_SECRET_KEY":
                assert lines[int(source.rpartition(":")[2]) - 1].startswith(f"{dotted.rpartition('.')[2]} = ")


def test_production_hides_existing_accounts() -> None:
    settings = load(CONFIG / "production.toml", env={"PRONAFLOW_SECRET_KEY": KEY})
    assert settings.auth.hide_existing_accounts
