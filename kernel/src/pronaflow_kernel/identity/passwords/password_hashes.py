"""Password hashes: argon2id, with a bound on how much of the machine they may take (security.md 2.2)."""

from __future__ import annotations

import os
import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from ...errors import ServiceUnavailable
from ...settings.schema import AuthSettings
from .password_rule import canonical

QUEUE = 32
"""How many hashes may wait for a core before further ones are turned away."""


class PasswordHashes:
    """Makes and checks password hashes, at most one a core at a time.

    Arguments:
        auth: costs of the hash.
        cores: how many hashes are computed at once; by default one a processor.
        queue: how many more may wait.
    """

    def __init__(self, auth: AuthSettings, *, cores: int | None = None, queue: int = QUEUE) -> None:
        places = cores or os.cpu_count() or 1
        self._running = threading.Semaphore(places)
        self._admitted = threading.Semaphore(places + queue)
        self._argon2 = argon2.PasswordHasher(
            time_cost=auth.argon2_time_cost,
            memory_cost=auth.argon2_memory_kib,
            parallelism=auth.argon2_parallelism,
        )
        self._nobodys = _nobodys_hash(auth)

    def make(self, password: str) -> str:
        """The hash of a password, as it is stored.

        Raises:
            ServiceUnavailable: too many hashes wait.
        """
        with self.place():
            return self._argon2.hash(canonical(password))

    def match(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; without a stored hash it takes as long and is false.

        Raises:
            ServiceUnavailable: too many hashes wait.
        """
        with self.place():
            try:
                return self._argon2.verify(stored or self._nobodys, canonical(password))
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._argon2.check_needs_rehash(stored)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for one of the places in which hashes are computed, also those of other secrets.

        Raises:
            ServiceUnavailable: too many wait already.
        """
        if not self._admitted.acquire(blocking=False):
            raise ServiceUnavailable("Too many sign-ins at this moment", headers={"Retry-After": "1"})
        try:
            with self._running:
                yield
        finally:
            self._admitted.release()


def _nobodys_hash(auth: AuthSettings) -> str:
    """A hash of today's costs that no password has: what unknown users are compared with."""
    salt, tag = (b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (16, 32))
    costs = f"m={auth.argon2_memory_kib},t={auth.argon2_time_cost},p={auth.argon2_parallelism}"
    return f"$argon2id$v=19${costs}${salt}${tag}"
