"""Logs: one line a record, who and why on each, and no secret on any."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronaflow_kernel.logs import (
    HumanFormatter,
    JsonFormatter,
    bind,
    bound,
    configure_logging,
    mask,
    release,
)
from pronaflow_kernel.settings import LogSettings, Settings

log = logging.getLogger("pronaflow.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    return lambda: capsys.readouterr().err.splitlines()


def configured(**logs: Any) -> None:
    configure_logging(Settings(logs=LogSettings(**logs)))


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    return log.makeRecord(log.name, logging.INFO, "file.py", 1, message, args, None, extra=extra)


class TestFormats:
    def test_machines_get_json_lines(self, lines: Callable[[], list[str]]) -> None:
        configured(format="json")
        log.warning("moved %d tasks", 3, extra={"project": "p1"})
        (line,) = lines()
        data = json.loads(line)
        assert data.pop("time").endswith("Z")
        assert data == {
            "level": "warning",
            "logger": "pronaflow.test",
            "message": "moved 3 tasks",
            "project": "p1",
        }

    def test_people_get_a_line_of_text(self, lines: Callable[[], list[str]]) -> None:
        configured(format="human")
        log.warning("moved %d tasks", 3, extra={"project": "p1"})
        (line,) = lines()
        assert line.endswith("Z WARNING pronaflow.test: moved 3 tasks project=p1")

    def test_tracebacks_come_along(self, lines: Callable[[], list[str]]) -> None:
        for kind in ("json", "human"):
            configured(format=kind)
            try:
                raise KeyError("missing")
            except KeyError:
                log.exception("failed", stack_info=True)
        as_json, *as_text = lines()
        assert "KeyError: 'missing'" in json.loads(as_json)["exception"]
        assert "Stack (most recent call last)" in json.loads(as_json)["exception"]
        assert "  KeyError: 'missing'" in as_text

    def test_below_the_level_nothing_is_written(self, lines: Callable[[], list[str]]) -> None:
        configured(level="warning", format="human")
        log.info("no")
        log.warning("yes")
        assert len(lines()) == 1

    def test_configuring_again_replaces_the_configuration(self, lines: Callable[[], list[str]]) -> None:
        configured(format="human")
        configured(format="json")
        log.info("once")
        (line,) = lines()
        assert json.loads(line)["message"] == "once"

    def test_values_that_json_does_not_know_are_written_as_text(self) -> None:
        line = JsonFormatter().format(record("x", what={1: {2}, ("a",): object}, text="\ud800"))
        assert json.loads(line)["what"] == {"1": [2], "('a',)": "<class 'object'>"}

    def test_nobody_overwrites_the_fields_of_the_line(self) -> None:
        data = json.loads(JsonFormatter().format(record("x", level="none", time="never", logger="me")))
        assert (data["level"], data["logger"]) == ("info", "pronaflow.test")
        assert data["time"] != "never"

    @pytest.mark.parametrize("formatter", [HumanFormatter(), JsonFormatter()])
    def test_no_value_forges_a_line(self, formatter: logging.Formatter) -> None:
        forged = "x\r\n2026-01-01 INFO all is well\x1b[2J\u2028"
        text = formatter.format(record("user %s", forged, name_of_user=forged))
        assert len(text.splitlines()) == 1
        assert "\x1b" not in text

    def test_no_error_forges_a_line_either(self) -> None:
        failed = record("failed")
        failed.exc_info = (ValueError, ValueError("x\n2026-01-01 INFO all is well\x1b[2J\rx"), None)
        _, *others = HumanFormatter().format(failed).splitlines()
        assert others == ["  ValueError: x", r"  2026-01-01 INFO all is well\x1b[2J\rx"]


class TestBoundFields:
    def test_stand_on_every_line_until_released(self, lines: Callable[[], list[str]]) -> None:
        configured(format="json")
        token = bind(request_id="r1")
        with bound(plugin="tasks", user_id="u1"):
            log.info("inside")
        log.info("after")
        release(token)
        log.info("outside")
        wanted = ("request_id", "plugin", "user_id")
        found = [{key: line[key] for key in wanted if key in line} for line in map(json.loads, lines())]
        assert found == [{"request_id": "r1", "plugin": "tasks", "user_id": "u1"}, {"request_id": "r1"}, {}]

    def test_are_released_when_the_block_raises(self, lines: Callable[[], list[str]]) -> None:
        configured(format="human")
        with pytest.raises(KeyError), bound(plugin="tasks"):
            raise KeyError
        log.info("outside")
        assert "plugin" not in lines()[0]

    def test_of_one_thread_do_not_reach_another(self, lines: Callable[[], list[str]]) -> None:
        configured(format="human")
        with bound(request_id="r1"):
            thread = threading.Thread(target=log.info, args=("elsewhere",))
            thread.start()
            thread.join()
        assert "request_id" not in lines()[0]


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl-canary_x"


class TestSecrets:
    @pytest.mark.parametrize(
        "name",
        ["password", "new_password", "access_token", "refresh_token", "client_secret", "secret_key",
         "api_key", "Authorization", "cookie", "set_cookie", "otp", "recovery_codes", "code", "credentials",
         "tokens", "mfa_token", "device_token", "pf-device-token", "backup_codes", "codes", "totp", "seed",
         "apikey", "auth_code", "code_verifier", "X-Api-Key"],
    )  # fmt: skip
    def test_are_masked_by_the_name_of_their_field(self, name: str) -> None:
        assert mask("canary", name) == "***"
        assert mask({"deep": [{name: {"x": "canary"}}]}) == {"deep": [{name: "***"}]}
        line = JsonFormatter().format(record("x", **{name: "canary"}))
        assert json.loads(line)[name] == "***"

    @pytest.mark.parametrize(
        "name", ["status_code", "error_code", "exit_codes", "tokenizer", "passwordless", "user", "decode"]
    )
    def test_other_fields_are_left_alone(self, name: str) -> None:
        assert mask("shown", name) == "shown"
        assert mask(None, "password") is None

    @pytest.mark.parametrize(
        ("text", "masked"),
        [
            ("password=canary next", "password=*** next"),
            ("old_password: 'can ary' next", "old_password: *** next"),
            ('{"refresh_token": "canary", "a": 1}', '{"refresh_token": ***, "a": 1}'),
            ("?token=canary&a=1", "?token=***&a=1"),
            (r'{"password": "can\"ary", "a": 1}', '{"password": ***, "a": 1}'),
            (r"{'password': 'it\'s \"canary\"', 'a': 1}", "{'password': ***, 'a': 1}"),
            ("secret_key = ['canary1', 'canary2'] next", "secret_key = *** next"),
            ("X-Api-Key: canary next", "X-Api-Key: *** next"),
            ("Authorization: Bearer canary", "Authorization: ***"),
            ("sent Bearer canary1234567890abc", "sent Bearer ***"),
            (f"got {JWT}, refused", "got ***, refused"),
            ("token prona_canary1234567890 expired", "token prona_*** expired"),
            ("pr1.canary-x.y_z!", "pr1.***!"),
            ("pd1.canary-x_y!", "pd1.***!"),
            ("otpauth://totp/PronaFlow:ann?secret=CANARY&issuer=x next", "otpauth://*** next"),
            ("code=123456&state=x", "code=***&state=x"),
            ('{"code": "4/0AX4XfWh-canary_1", "a": 1}', '{"code": "***", "a": 1}'),
            ("recovery_code=abcd-efgh", "recovery_code=***"),
            ("postgresql://user:can@ry@db:5432/x", "postgresql://user:***@db:5432/x"),
            ("redis://:canary@r/0", "redis://:***@r/0"),
        ],
    )
    def test_are_masked_by_their_shape(self, text: str, masked: str) -> None:
        assert mask(text) == masked
        assert mask(["a", text]) == ["a", masked]

    @pytest.mark.parametrize(
        "text",
        [
            "password reset requested for u1",
            "Basic authentication is not supported",
            "GET http://localhost:8000/api/v1/tasks?page=2",
            "mail to ann@team.org at 12:30",
            "token expired",
            "answered with code: 404",
            "error code=METHOD_NOT_ALLOWED",
            "the code of the plugin is gone",
            "status_code=1234567",
        ],
    )
    def test_plain_sentences_stay_as_they_are(self, text: str) -> None:
        assert mask(text) == text

    @pytest.mark.parametrize("formatter", [HumanFormatter(), JsonFormatter()])
    def test_no_way_into_a_record_shows_one(self, formatter: logging.Formatter) -> None:
        try:
            raise ValueError("cannot connect to postgresql://user:canary@db/x")
        except ValueError:
            entry = log.makeRecord(
                log.name,
                logging.ERROR,
                "file.py",
                1,
                "login with %s",
                ({"password": "canary"},),
                sys.exc_info(),
                extra={"headers": {"Cookie": "canary"}, "url": "https://me:canary@team.org"},
            )
        with bound(session_token="canary"):
            text = formatter.format(entry)
        assert "cannot connect" in text
        assert "canary" not in text

    def test_masking_takes_time_in_proportion_to_the_text(self) -> None:
        """Callers can make us log long texts; a pattern that goes back and forth would need minutes."""
        start = time.process_time()
        for part in (
            "a-",
            "eyJ-",
            "a.",
            "pr1.",
            "token ",
            "Bearer ",
            "x://",
            "x:",
            "password",
            "=:",
            '"',
            "code=",
            "code=a",
        ):
            mask(part * 20_000)
        assert time.process_time() - start < 5
