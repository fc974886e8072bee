"""Password hashes and what they may cost."""

import queue
import threading

import argon2
import pytest

from pronaflow_kernel.errors import ServiceUnavailable
from pronaflow_kernel.identity.passwords import password_hashes
from pronaflow_kernel.identity.passwords.password_hashes import PasswordHashes
from pronaflow_kernel.settings.schema import AuthSettings

CHEAP = AuthSettings(argon2_time_cost=1, argon2_memory_kib=8)


@pytest.fixture
def hashes():
    return PasswordHashes(CHEAP)


def test_a_hash_is_argon2id_of_the_settings_costs():
    assert PasswordHashes(AuthSettings()).make("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_matches_its_own_hash_only(hashes):
    stored = hashes.make("Correct-Horse-7")

    assert hashes.match(stored, "Correct-Horse-7")
    assert not hashes.match(stored, "correct-horse-7")
    assert stored != hashes.make("Correct-Horse-7")


def test_long_passwords_are_not_cut(hashes):
    assert not hashes.match(hashes.make("x" * 256), "x" * 255)


@pytest.mark.parametrize("stored", [None, "", "junk", "$argon2id$v=19$m=8,t=1,p=1$x"])
def test_where_there_is_no_hash_nothing_matches(hashes, stored):
    assert not hashes.match(stored, "Correct-Horse-7")


def test_nobodys_hash_costs_what_others_cost(hashes, monkeypatch):
    compared = []
    verify = argon2.PasswordHasher.verify

    def noted(hasher, stored, password):
        compared.append(argon2.extract_parameters(stored))
        return verify(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noted)
    hashes.match(None, "x")
    hashes.match(hashes.make("x"), "x")

    assert compared[0] == compared[1]


def test_a_hash_of_other_costs_is_outdated(hashes):
    assert not hashes.outdated(hashes.make("x"))
    assert PasswordHashes(AuthSettings(argon2_time_cost=2, argon2_memory_kib=8)).outdated(hashes.make("x"))


class Slow:
    """Stands in for argon2: hashes take until they may end, and tell how many ran at once."""

    def __init__(self):
        self.running = self.most = 0
        self.began, self.may_end, self.lock = threading.Semaphore(0), threading.Event(), threading.Lock()

    def hash(self, _password):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.began.release()
        self.may_end.wait(10)
        with self.lock:
            self.running -= 1
        return "hash"


def test_by_default_a_core_has_one_and_32_more_wait(monkeypatch):
    """security.md 2.2: without a bound, a hundred sign-ins at once take 1.9 GiB."""
    slow, answers = Slow(), queue.Queue()
    monkeypatch.setattr(argon2.PasswordHasher, "hash", lambda _hasher, password: slow.hash(password))
    monkeypatch.setattr(password_hashes.os, "cpu_count", lambda: 2)
    hashes = PasswordHashes(CHEAP)

    def make():
        try:
            answers.put(hashes.make("x"))
        except ServiceUnavailable:
            answers.put("refused")

    threads = [threading.Thread(target=make) for _ in range(2 + 32 + 3)]
    for thread in threads:
        thread.start()
    refused = [answers.get(timeout=10) for _ in range(3)]
    slow.may_end.set()
    for thread in threads:
        thread.join(10)

    assert refused == ["refused"] * 3
    assert [answers.get(timeout=10) for _ in range(34)] == ["hash"] * 34
    assert slow.most == 2


def test_at_most_one_a_core_runs_the_queue_waits_and_the_rest_is_turned_away(monkeypatch):
    slow, answers = Slow(), queue.Queue()
    monkeypatch.setattr(argon2.PasswordHasher, "hash", lambda _hasher, password: slow.hash(password))
    hashes = PasswordHashes(CHEAP, cores=2, queue=1)

    def make():
        try:
            answers.put(hashes.make("x"))
        except ServiceUnavailable as refusal:
            answers.put(refusal)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert slow.began.acquire(timeout=10)
    assert slow.began.acquire(timeout=10)
    refused = answers.get(timeout=10)
    slow.may_end.set()
    for thread in threads:
        thread.join(10)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert [answers.get(timeout=10) for _ in range(3)] == ["hash"] * 3
    assert slow.most == 2
    assert hashes.make("x") == "hash"
