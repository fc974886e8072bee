"""Settings: where values come from, how mistakes are reported, and what is kept secret."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.settings import SettingsError, describe, load, setting
from pronaflow_kernel.settings.checking import check_section

KEY = "Zt7-3pQv_9sLxW2mKd8Rb5Hn4Jc6Yf1G"


@dataclass(frozen=True)
class GreetingSettings:
    """The section of a plugin."""

    word: str = setting("hello", "What to say.")
    times: int = setting(1, "How often.", least=1)
    loudness: float = setting(0.5, "How loud.")
    webhook: str | None = setting(None, "Where to say it.", secret=True)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], object]:
    """Writes `pronaflow.toml` into the current folder, which is empty otherwise."""
    return (tmp_path / "pronaflow.toml").write_text


def problems(**arguments: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**{"env": {}, **arguments})
    return [str(problem) for problem in caught.value.problems]


class TestDefaults:
    def test_nothing_needs_to_be_set(self, tmp_path: Path) -> None:
        settings = load(env={})
        assert settings.environment == "development"
        assert settings.data_dir == tmp_path / "instance"
        assert settings.database_url == f"sqlite:///{tmp_path}/instance/pronaflow.sqlite3"
        assert settings.redis_url is None
        assert settings.public_url == "http://localhost:8000"
        assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
        assert (settings.auth.access_token_ttl, settings.auth.refresh_token_ttl) == (1800, 604800)
        assert settings.limits.body_bytes == 1 << 20
        assert settings.rate_limit.enabled

    def test_no_password_and_no_key_has_a_default(self) -> None:
        settings = load(env={})
        assert settings.bootstrap.admin_password is None
        assert settings.secret_key == ()

    def test_mail_addresses_must_be_proved_exactly_when_mail_can_go_out(self) -> None:
        assert load(env={}).auth.require_email_verification is False
        smtp = {"PRONAFLOW_MAIL__URL": "smtp://mail.team.org"}
        assert load(env=smtp).auth.require_email_verification is True
        never = {"PRONAFLOW_AUTH__REQUIRE_EMAIL_VERIFICATION": "false"}
        assert load(env=smtp | never).auth.require_email_verification is False

    def test_production_logs_for_machines(self) -> None:
        assert load(env={}).logs.format == "human"
        production = {"PRONAFLOW_ENVIRONMENT": "production", "PRONAFLOW_SECRET_KEY": KEY}
        assert load(env=production).logs.format == "json"

    def test_importing_and_naming_settings_loads_no_heavy_library(self) -> None:
        code = (
            "import sys, pronaflow_kernel.settings\n"
            "print([name for name in ('flask', 'sqlalchemy', 'marshmallow', 'cryptography', 'smtplib') "
            "if name in sys.modules])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert found.stdout.strip() == "[]"


class TestOrderOfSources:
    def test_flags_win_over_environment_over_file_over_defaults(self, write: Callable[[str], object]) -> None:
        write('[server]\nhost = "file"\nport = 1\nthreads = 1\n')
        env = {"PRONAFLOW_SERVER__PORT": "2", "PRONAFLOW_SERVER__THREADS": "2"}
        settings = load(env=env, overrides={"server.threads": 3})
        assert settings.server.host == "file"
        assert settings.server.port == 2
        assert settings.server.threads == 3
        assert settings.server == load(env=env, overrides={"server.threads": "3", "server.port": None}).server

    def test_each_value_keeps_its_source(self, write: Callable[[str], object]) -> None:
        write('# a comment\n\n[server]\nhost = "file"\n')
        env = {"PRONAFLOW_SERVER__PORT": "2"}
        shown = {
            line.name: (line.value, line.source)
            for line in describe(load(env=env, overrides={"server.threads": 3}))
        }
        assert shown["server.host"] == ("file", "pronaflow.toml:4")
        assert shown["server.port"] == (2, "PRONAFLOW_SERVER__PORT")
        assert shown["server.threads"] == (3, "flag")
        assert shown["auth.max_sessions"] == (50, "default")

    def test_the_flag_names_the_file_before_the_environment_does(self, tmp_path: Path) -> None:
        for name, port in (("flag.toml", 1), ("variable.toml", 2), ("pronaflow.toml", 3)):
            (tmp_path / name).write_text(f"[server]\nport = {port}\n")
        env = {"PRONAFLOW_CONFIG": "variable.toml"}
        assert load("flag.toml", env=env).server.port == 1
        assert load(env=env).server.port == 2
        assert load(env={}).server.port == 3

    def test_a_file_that_was_named_must_exist(self) -> None:
        assert problems(config_path="none.toml") == ["none.toml: cannot be read: No such file or directory"]

    def test_the_environment_of_the_process_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PRONAFLOW_SERVER__PORT", "4711")
        assert load().server.port == 4711


class TestSecretsFromFiles:
    @pytest.mark.parametrize(
        ("variable", "name", "content", "value"),
        [
            ("PRONAFLOW_SECRET_KEY_FILE", "secret_key", f"{KEY}\n{KEY}2\n", (KEY, f"{KEY}2")),
            ("PRONAFLOW_DATABASE_URL_FILE", "database_url", "sqlite:///x\n", "sqlite:///x"),
            ("PRONAFLOW_REDIS_URL_FILE", "redis_url", "redis://h\n", "redis://h"),
        ],
    )
    def test_every_secret_may_stand_in_a_file(
        self, variable: str, name: str, content: str, value: object
    ) -> None:
        Path("secret").write_text(content)
        settings = load(env={variable: "secret"})
        assert getattr(settings, name) == value
        assert settings.sources[name] == variable

    def test_in_sections_and_of_plugins_too(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("hidden\n")
        env = dict.fromkeys(
            ("PRONAFLOW_BOOTSTRAP__ADMIN_PASSWORD_FILE", "PRONAFLOW_GREETING__WEBHOOK_FILE"), "secret"
        )
        settings = load(env=env, extra={"greeting": GreetingSettings})
        assert settings.bootstrap.admin_password == "hidden"
        assert settings.extra["greeting"].webhook == "hidden"

    def test_a_file_that_cannot_be_read_is_named(self) -> None:
        assert problems(env={"PRONAFLOW_SECRET_KEY_FILE": "/none"}) == [
            "PRONAFLOW_SECRET_KEY_FILE: secret_key cannot be read from /none: No such file or directory"
        ]

    def test_a_file_that_is_not_text_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"\xff\xfe")
        assert problems(env={"PRONAFLOW_SECRET_KEY_FILE": "secret"}) == [
            "PRONAFLOW_SECRET_KEY_FILE: secret_key cannot be read from secret: not UTF-8 text"
        ]

    def test_value_and_file_at_once_are_refused(self) -> None:
        env = {"PRONAFLOW_SECRET_KEY": KEY, "PRONAFLOW_SECRET_KEY_FILE": "x"}
        assert problems(env=env) == [
            "PRONAFLOW_SECRET_KEY_FILE: secret_key is also given by PRONAFLOW_SECRET_KEY; keep one"
        ]

    def test_only_secrets_come_from_files(self) -> None:
        (found,) = problems(env={"PRONAFLOW_SERVER__HOST_FILE": "x"})
        assert "is not a setting; did you mean PRONAFLOW_SERVER__HOST?" in found


class TestMistakes:
    def test_all_of_them_are_reported_at_once_each_with_its_place(
        self, write: Callable[[str], object]
    ) -> None:
        write(
            'environment = "prod"\n'
            'databse_url = "sqlite:///x"\n'
            "\n"
            "[server]\n"
            'port = "8000"\n'
            "threads = 0\n"
            "[plugins]\n"
            "disabled = [\n"
            '  "a",\n'
            "  3,\n"
            "]\n"
            'startup = "explode"\n'
            "[sever]\n"
            "port = 1\n"
        )
        env = {"PRONAFLOW_AUTH__LOCKOUT_SECONDS": "soon", "PRONAFLOW_FROBNICATE": "1"}
        assert problems(env=env, overrides={"server.prt": 1}) == [
            "pronaflow.toml:2: databse_url is not a setting; did you mean database_url?",
            "pronaflow.toml:14: sever.port is not a setting; did you mean server.port?",
            "pronaflow.toml:1: environment must be one of: development, production, test",
            "pronaflow.toml:5: server.port must be a whole number",
            "pronaflow.toml:6: server.threads must be at least 1",
            "pronaflow.toml:8: plugins.disabled item 2 must be text",
            "pronaflow.toml:12: plugins.startup must be one of: continue, abort",
            "PRONAFLOW_FROBNICATE: frobnicate is not a setting",
            "PRONAFLOW_AUTH__LOCKOUT_SECONDS: auth.lockout_seconds must be a whole number",
            "flag: server.prt is not a setting; did you mean server.port?",
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("server = 3\n", ":1: server is a section, not a value: write [server]"),
            ("\n[[server]]\nport = 1\n", ":2: server is a section, not a value: write [server]"),
            ("[server]\nport = 1\n\n[server.scheme]\nx = 1\n", ":4: server.scheme is not a setting"),
            ("[gone]\n", ":1: gone belongs to no plugin that is installed"),
            ("[server]\naccess_token_ttl = 1\n", ":2: server.access_token_ttl is not a setting; "
             "did you mean auth.access_token_ttl?"),
            ("port = 1\n", ":1: port is not a setting; did you mean server.port?"),
            ("server.prot = 1\n", ":1: server.prot is not a setting; did you mean server.port?"),
            ("server = {port = 1.5}\n", ":1: server.port must be a whole number"),
            ("[server]\nport = true\n", ":2: server.port must be a whole number"),
            ("[server]\nport = 65536\n", ":2: server.port must be at most 65535"),
            ("[server]\nhost = 1\n", ":2: server.host must be text"),
            ('[rate_limit]\nenabled = "yes"\n', ":2: rate_limit.enabled must be true or false"),
            ('[plugins]\ndisabled = "a"\n', ":2: plugins.disabled must be a list"),
            ("data_dir = 7\n", ":1: data_dir must be a path"),
            ('[egress]\nallow = ["10.0.0.1/8"]\n', ":2: egress.allow item 1 must be an IP address or a "
             "network such as 10.0.0.0/8"),
            ('[mail]\nurl = "http://h"\n', ":2: mail.url must start with smtp:// or smtp+starttls:// or smtps://"),
            ('[mail]\nurl = "smtp://"\n', ":2: mail.url names no host"),
            ('[mail]\nurl = "smtp://h:port"\n', ":2: mail.url is not a valid address"),
            ('database_url = "mysql://h/x"\n', ":1: database_url must start with sqlite:// or "
             "postgresql:// or postgresql+psycopg://"),
            ('[mail]\nfrom_address = "a@b.org, c@d.org"\n', ":2: mail.from_address must be one mail "
             "address such as Ann <ann@team.org>"),
            ("[server]\nport = \n", ":2: is not valid TOML: Invalid value"),
            ("[plugins]\ndisabled = [\n", ": is not valid TOML: Invalid value (at end of document)"),
        ],
    )  # fmt: skip
    def test_in_the_file(self, write: Callable[[str], object], text: str, problem: str) -> None:
        write(text)
        assert problems() == [f"pronaflow.toml{problem}"]

    def test_a_file_that_is_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "pronaflow.toml").write_bytes(b'environment = "\xff"\n')
        assert problems() == ["pronaflow.toml: is not UTF-8 text"]

    @pytest.mark.parametrize(
        ("variable", "text", "problem"),
        [
            ("PRONAFLOW_AUTH_ACCESS_TOKEN_TTL", "5", "auth_access_token_ttl is not a setting; did you mean "
             "PRONAFLOW_AUTH__ACCESS_TOKEN_TTL?"),
            ("PRONAFLOW_SERVER", "x", "server is a section, not a value: write [server]"),
            ("PRONAFLOW_SERVER__", "x", "server is not a setting; did you mean PRONAFLOW_SERVER__PORT?"),
            ("PRONAFLOW_SERVER__PORT", "", "server.port must be a whole number"),
            ("PRONAFLOW_RATE_LIMIT__ENABLED", "maybe", "rate_limit.enabled must be true or false"),
            ("PRONAFLOW_NOWHERE__X", "1", "nowhere.x belongs to no plugin that is installed"),
        ],
    )  # fmt: skip
    def test_in_the_environment(self, variable: str, text: str, problem: str) -> None:
        assert problems(env={variable: text}) == [f"{variable}: {problem}"]

    def test_variables_of_the_tests_and_of_others_are_none(self) -> None:
        env = {"PRONAFLOW_TEST_DATABASE_URL": "x", "PRONAFLOW_TEST_REDIS_URL": "x", "HOME": "x"}
        assert load(env=env) == load(env={})

    def test_no_message_repeats_a_secret(self) -> None:
        env = {
            "PRONAFLOW_SECRET_KEY": "canary",
            "PRONAFLOW_DATABASE_URL": "mysql://u:canary@h",
            "PRONAFLOW_REDIS_URL": "canary",
            "PRONAFLOW_MAIL__URL": "smtp://u:canary@h:canary",
        }
        found = problems(env=env)
        assert len(found) == 4
        assert "canary" not in "".join(found)

    @pytest.mark.parametrize(
        ("key", "problem"),
        [
            ("x" * 31, "must be at least 32 bytes long, not 31"),
            ("ab" * 32, "is a sample or a pattern, not a random key"),
            ("please-change-me-0123456789-0123456789", "is a sample or a pattern, not a random key"),
        ],
    )
    def test_weak_keys_are_refused(self, key: str, problem: str) -> None:
        (found,) = problems(env={"PRONAFLOW_SECRET_KEY": f"{KEY},{key}"})
        assert found.startswith(f"PRONAFLOW_SECRET_KEY: secret_key item 2 {problem}")

    def test_production_demands_a_key(self) -> None:
        assert problems(env={"PRONAFLOW_ENVIRONMENT": "production", "PRONAFLOW_SERVER__PORT": "x"}) == [
            "PRONAFLOW_SERVER__PORT: server.port must be a whole number",
            "settings: secret_key must be given in production, by PRONAFLOW_SECRET_KEY or "
            "PRONAFLOW_SECRET_KEY_FILE",
        ]

    def test_a_bad_key_in_production_is_reported_once(self) -> None:
        (found,) = problems(env={"PRONAFLOW_ENVIRONMENT": "production", "PRONAFLOW_SECRET_KEY": "short"})
        assert "at least 32 bytes" in found


class TestPluginSections:
    def test_the_section_is_called_like_the_plugin(self, write: Callable[[str], object]) -> None:
        write('[greeting]\nword = "ahoy"\n')
        env = {"PRONAFLOW_GREETING__TIMES": "2", "PRONAFLOW_GREETING__LOUDNESS": "0.7"}
        settings = load(env=env, extra={"greeting": GreetingSettings})
        assert settings.extra["greeting"] == GreetingSettings(word="ahoy", times=2, loudness=0.7)
        assert load(env={}, config_path=None, extra={}, known_sections=["greeting"]).extra == {}

    def test_without_a_word_the_defaults_hold(self) -> None:
        assert load(env={}, extra={"greeting": GreetingSettings}).extra["greeting"] == GreetingSettings()

    def test_mistakes_are_reported_like_those_of_the_kernel(self, write: Callable[[str], object]) -> None:
        write('[greeting]\ntimes = 0\nwrod = "ahoy"\n')
        assert problems(extra={"greeting": GreetingSettings}) == [
            "pronaflow.toml:3: greeting.wrod is not a setting; did you mean greeting.word?",
            "pronaflow.toml:2: greeting.times must be at least 1",
        ]

    def test_a_setting_without_default_must_be_given(self) -> None:
        @dataclass(frozen=True)
        class Needy:
            url: str

        assert problems(extra={"needy": Needy}) == ["settings: needy.url must be given"]
        settings = load(env={"PRONAFLOW_NEEDY__URL": "x"}, extra={"needy": Needy})
        assert settings.extra["needy"].url == "x"

    def test_a_broken_plugin_keeps_its_section_unread_and_masked(
        self, write: Callable[[str], object]
    ) -> None:
        write('[broken]\nanything = {goes = ["here"]}\n')
        settings = load(env={"PRONAFLOW_BROKEN__TOO": "canary"}, known_sections=["broken"])
        assert settings.raw["broken"] == {"anything": {"goes": ["here"]}, "too": "canary"}
        shown = [line for line in describe(settings) if line.name.startswith("broken.")]
        assert shown == [
            ("broken.anything", "***", "pronaflow.toml:2"),
            ("broken.too", "***", "PRONAFLOW_BROKEN__TOO"),
        ]

    def test_no_plugin_takes_a_name_of_the_kernel(self) -> None:
        with pytest.raises(ValueError, match="names of the kernel's settings: server"):
            load(env={}, extra={"server": GreetingSettings}, known_sections=["environment"])

    def test_a_type_that_no_operator_could_write_is_the_plugins_mistake(self) -> None:
        @dataclass(frozen=True)
        class Odd:
            when: complex = 1j

        with pytest.raises(TypeError, match=r"Odd\.when: .*complex.* cannot be set"):
            check_section(Odd)
        check_section(GreetingSettings)


class TestSecrets:
    ENV = {
        "PRONAFLOW_SECRET_KEY": f"{KEY}canary",
        "PRONAFLOW_DATABASE_URL": "postgresql://user:canary@db:5432/x?password=canary",
        "PRONAFLOW_REDIS_URL": "redis://:canary@r:6379/0",
        "PRONAFLOW_MAIL__URL": "smtp://user:canary@mail.team.org",
        "PRONAFLOW_BOOTSTRAP__ADMIN_PASSWORD": "canary",
        "PRONAFLOW_GREETING__WEBHOOK": "canary",
    }

    def test_are_masked_where_settings_are_shown(self) -> None:
        settings = load(env=self.ENV, extra={"greeting": GreetingSettings})
        shown = {line.name: line.value for line in describe(settings)}
        assert shown["secret_key"] == ["***"]
        assert shown["database_url"] == "postgresql://***@db:5432/x?***"
        assert shown["redis_url"] == "redis://***@r:6379/0"
        assert shown["mail.url"] == "smtp://***@mail.team.org"
        assert shown["bootstrap.admin_password"] == "***"
        assert shown["greeting.webhook"] == "***"

    def test_do_not_appear_in_the_repr(self) -> None:
        assert "canary" not in repr(load(env=self.ENV, extra={"greeting": GreetingSettings}))
