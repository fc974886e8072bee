"""What the server says to people, in their language."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.texts.catalogues import Catalogue, CatalogueError, catalogues
from pronaflow_kernel.texts.phrasebook import Phrasebook
from pronaflow_kernel.texts.said import said
from pronaflow_kernel.texts.texts import Texts

HEAD = 'msgid ""\nmsgstr ""\n"Language: vi_VN\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
VIETNAMESE = {"Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a package with files in `locale/` and source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "speaker", raising=False)

    def make(source: str = "", **files: str) -> str:
        (tmp_path / "speaker" / "locale").mkdir(parents=True, exist_ok=True)
        (tmp_path / "speaker" / "__init__.py").touch()
        (tmp_path / "speaker" / "words.py").write_text(source)
        for name, content in files.items():
            (tmp_path / "speaker" / "locale" / f"{name.replace('__', '.')}.po").write_text(HEAD + content)
        return "speaker"

    return make


def speaking(package: str) -> Texts:
    texts = Texts()
    texts.add("speaker", package)
    return texts


def test_a_text_is_said_in_the_language_and_filled(package: Any) -> None:
    own = speaking(package(vi_VN='msgid "Hello {name}"\nmsgstr "Chào {name}"\n')).of("speaker")

    assert own.say("vi-VN", "Hello {name}", name="{Ann}") == "Chào {Ann}"
    assert own.say("en-US", "Hello {name}", name="Ann") == "Hello Ann"
    assert own.say("de-DE", "Hello {name}", name="Ann") == "Hello Ann"
    assert own.say("vi-VN", "Bye {name}", name="Ann") == "Bye Ann"


def test_a_number_chooses_the_form(package: Any) -> None:
    own = speaking(
        package(vi_VN='msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "{count} ngày"\n')
    ).of("speaker")

    assert [own.say_many("vi-VN", "{count} day", "{count} days", n) for n in (1, 3)] == ["1 ngày", "3 ngày"]
    assert [own.say_many("en-US", "{count} day", "{count} days", n) for n in (1, 3)] == ["1 day", "3 days"]


def test_what_is_fuzzy_or_empty_is_said_in_english(package: Any) -> None:
    entries = '#, fuzzy\nmsgid "One"\nmsgstr "Một"\n\nmsgid "Two"\nmsgstr ""\n'
    own = speaking(package(vi_VN=entries)).of("speaker")

    assert (own.say("vi-VN", "One"), own.say("vi-VN", "Two")) == ("One", "Two")


def test_a_plugin_may_translate_another_that_does_not_do_so_itself(package: Any) -> None:
    texts = speaking(package(de_DE__core='msgid "Not found"\nmsgstr "Nicht gefunden"\n'))

    assert texts.languages() == ["en-US", "de-DE"]
    assert texts.of("core").say("de-DE", "Not found") == "Nicht gefunden"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("vi_VN", 'msgid "One"\nmsgstr "Một"\nnonsense\n', r"vi_VN\.po:\d+: "),
        ("vi_VN", 'msgid "Hello"\nmsgstr "Chào {name}"\n', r"vi_VN\.po:6: .*name"),
        ("vi_VN", 'msgid "Hello {name}"\nmsgstr "Chào {name"\n', r"vi_VN\.po:6: "),
        ("vietnamese", "", "must be called after a language"),
    ],
    ids=["no entry", "unknown value", "open brace", "no language"],
)
def test_a_broken_catalogue_is_refused_with_file_and_line(
    package: Any, name: str, content: str, words: str
) -> None:
    with pytest.raises(CatalogueError, match=words):
        list(catalogues(package(**{name: content})))


def test_a_package_without_catalogues_speaks_english(package: Any) -> None:
    assert list(catalogues(package())) == []


def test_texts_that_are_filled_in_are_recognised_by_what_stands_around_them() -> None:
    book = Phrasebook(
        [
            Catalogue(
                "vi-VN",
                {
                    "{kind} {id} was not found": "Không tìm thấy {kind} {id}",
                    "Task {id} was not found": "Không tìm thấy công việc {id}",
                    "Not found": "Không tìm thấy",
                    "One of (a|b): {words}.": "Một trong (a|b): {words}.",
                },
            )
        ]
    )

    assert book.translate("Task 7 was not found") == "Không tìm thấy công việc 7"
    assert book.translate("Note {x} was not found") == "Không tìm thấy Note {x}"
    assert book.translate("Not found") == "Không tìm thấy"
    assert book.translate("One of (a|b): c\nd.") == "Một trong (a|b): c\nd."
    assert book.translate("Something else") == "Something else"


def test_what_is_said_is_found_in_the_source(package: Any) -> None:
    source = """
class Odd(KernelError):
    status, code, default_message = 418, "ODD", "Something odd"

def check(row, texts, language):
    words = f"Too late by {row['days']} days"
    if row:
        raise Conflict(words)
    validate.Regexp("x", error="Must be a word.")
    raise NotFound(f"Thing {row['id']} was not found") if row else invalid("name", "Must be short.")
    return texts.say(language, "Hello {name}", name="Ann"), CapabilityDenied("Not for people to read")
"""

    assert set(said(package(source))) == {
        "Something odd",
        "Too late by {days} days",
        "Must be a word.",
        "Thing {id} was not found",
        "Must be short.",
        "Hello {name}",
    }


class TestErrors:
    """The language of errors."""

    @pytest.fixture
    def ann(self, world: World) -> Any:
        return world.person("ann")

    def test_it_is_english_unless_something_else_is_asked_for(self, ann: Any) -> None:
        for headers in (
            {},
            {"Accept-Language": "en-GB"},
            {"Accept-Language": "fr"},
            {"Accept-Language": "?"},
        ):
            reply = ann.request("GET", "/api/v1/nothing", headers=headers)
            assert reply.error["message"] == "There is nothing at this address"
            assert reply.headers["Content-Language"] == "en-US"
            assert "Accept-Language" in reply.headers["Vary"]

    @pytest.mark.parametrize("wanted", ["vi-VN", "vi", "VI-vn", "fr, vi;q=0.8, en;q=0.2"])
    def test_it_is_the_language_that_is_asked_for(self, ann: Any, wanted: str) -> None:
        reply = ann.request("GET", "/api/v1/nothing", headers={"Accept-Language": wanted})

        assert reply.error == {
            "code": "NOT_FOUND",
            "message": "Không có gì tại địa chỉ này",
            "details": {},
        }
        assert reply.headers["Content-Language"] == "vi-VN"

    def test_each_fault_is_told_in_it_and_codes_stay(self, ann: Any) -> None:
        body = {"new_password": 7, "nonsense": 1}
        english, vietnamese = (
            ann.request("PATCH", "/api/v1/auth/me", body, headers=headers) for headers in ({}, VIETNAMESE)
        )

        assert english.status == vietnamese.status == 422
        told = [
            [(each["field"], each["code"]) for each in reply.error["details"]["errors"]]
            for reply in (english, vietnamese)
        ]
        assert told[0] == told[1]
        assert vietnamese.error["message"] == "Dữ liệu không hợp lệ"
        assert {each["message"] for each in vietnamese.error["details"]["errors"]} == {
            "Trường không xác định."
        }
        assert vietnamese.error["details"]["reason"] == "Trường không xác định."

    def test_without_a_header_it_is_the_one_that_the_caller_has_chosen(self, world: World, ann: Any) -> None:
        with world.kernel.db.write(Scope.system()) as uow:
            world.kernel.preferences.change(uow, "locale", ann.id, {"language": "vi-VN"})
        path = f"/api/v1/jobs/{ann.id}"

        assert ann.get(path).headers["Content-Language"] == "vi-VN"
        asked = ann.request("GET", path, headers={"Accept-Language": "en-US"})
        assert asked.headers["Content-Language"] == "en-US"
        assert world.anonymous().get(path).headers["Content-Language"] == "en-US"

    def test_an_answer_without_an_error_costs_nothing(self, world: World, ann: Any) -> None:
        ann.get("/api/v1/jobs")
        with world.statements() as plain:
            ann.get("/api/v1/jobs")
        with world.statements() as asked:
            reply = ann.request("GET", "/api/v1/jobs", headers=VIETNAMESE)

        assert len(plain) == len(asked)
        assert "Content-Language" not in reply.headers


def test_a_letter_is_written_in_its_readers_language(world: World) -> None:
    person = world.person("lan")
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.preferences.change(uow, "locale", person.id, {"language": "vi-VN"})

    world.anonymous().post("/api/v1/auth/password-reset", {"email": person.email})
    world.drain()

    mail = world.outbox.to(person.email)[-1]
    assert mail.subject == "Đặt mật khẩu mới - PronaFlow"
    assert "trong vòng 15 phút" in mail.text
    assert "Dành cho chương trình:" in mail.text
    assert "{" not in mail.text
