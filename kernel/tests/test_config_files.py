"""What operators write: the names of settings that they rely on, and the example files in `config/`."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.settings import keys, load, sections

KEY = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"
CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("PRONAFLOW_ENVIRONMENT", "test", "environment", "test"),
        ("PRONAFLOW_DATABASE_URL", "postgresql://u:p@db/x", "database_url", "postgresql://u:p@db/x"),
        ("PRONAFLOW_REDIS_URL", "redis://r:6379/0", "redis_url", "redis://r:6379/0"),
        ("PRONAFLOW_REDIS_URL", "", "redis_url", None),
        ("PRONAFLOW_DATA_DIR", "/srv/data", "data_dir", Path("/srv/data")),
        ("PRONAFLOW_SECRET_KEY", f"{KEY}new, {KEY}old", "secret_key", (f"{KEY}new", f"{KEY}old")),
        ("PRONAFLOW_RATE_LIMIT__ENABLED", "no", "rate_limit.enabled", False),
        ("PRONAFLOW_RATE_LIMIT__ENABLED", "True", "rate_limit.enabled", True),
        ("PRONAFLOW_AUTH__ACCESS_TOKEN_TTL", "60", "auth.access_token_ttl", 60),
        ("PRONAFLOW_AUTH__REFRESH_TOKEN_TTL", "61", "auth.refresh_token_ttl", 61),
        ("PRONAFLOW_AUTH__REQUIRE_EMAIL_VERIFICATION", "1", "auth.require_email_verification", True),
        ("PRONAFLOW_AUTH__LOCKOUT_SECONDS", "0", "auth.lockout_seconds", 0),
        ("PRONAFLOW_EGRESS__ALLOW", "10.0.0.0/8,::1", "egress.allow", ("10.0.0.0/8", "::1")),
        ("PRONAFLOW_PLUGINS__DISABLED", "a,b", "plugins.disabled", ("a", "b")),
        ("PRONAFLOW_PLUGINS__DISABLED", "", "plugins.disabled", ()),
        ("PRONAFLOW_MAIL__URL", "smtps://h", "mail.url", "smtps://h"),
        ("PRONAFLOW_BOOTSTRAP__ADMIN_EMAIL", "a@team.org", "bootstrap.admin_email", "a@team.org"),
        (
            "PRONAFLOW_BOOTSTRAP__ADMIN_PASSWORD",
            "correct, horse",
            "bootstrap.admin_password",
            "correct, horse",
        ),
    ],
)
def test_names_that_operators_rely_on(variable: str, text: str, name: str, value: object) -> None:
    found: Any = load(env={variable: text})
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value


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
                    default = list(field.default) if isinstance(field.default, tuple) else field.default
                    assert said[key] == (str(default) if key == "data_dir" else default)

    def test_every_source_is_the_line_of_its_key(self, name: str) -> None:
        lines = (CONFIG / f"{name}.toml").read_text().splitlines()
        settings = load(CONFIG / f"{name}.toml", env={"PRONAFLOW_SECRET_KEY": KEY})
        for dotted, source in settings.sources.items():
            if source != "PRONAFLOW_SECRET_KEY":
                assert lines[int(source.rpartition(":")[2]) - 1].startswith(f"{dotted.rpartition('.')[2]} = ")


def test_production_hides_existing_accounts() -> None:
    settings = load(CONFIG / "production.toml", env={"PRONAFLOW_SECRET_KEY": KEY})
    assert settings.auth.hide_existing_accounts
