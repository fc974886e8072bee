"""The language of errors: the one that `Accept-Language` asks for, else the one that the caller has chosen.

Only what a person reads is translated; codes, fields and values stay. Whoever asks for English costs nothing,
and whoever asks for nothing a statement, and that only where there is an error to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from ..errors import KernelError, Problem, ValidationFailed
from ..persistence.scope import Scope
from ..texts.texts import ENGLISH

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..texts.phrasebook import Phrasebook

log = logging.getLogger("pronaflow.web")


class ErrorLanguage:
    """Tells errors in the language of their reader.

    Arguments:
        kernel: the assembled application.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._spoken = kernel.texts.languages()

    def choose(self) -> str:
        """The language for the request at hand."""
        if "Accept-Language" in request.headers:
            return asked_language(self._spoken) or ENGLISH
        chosen: str = self._kernel.settings.locale.language
        user_id = g.get("user_id")
        if user_id is not None:
            try:
                with self._kernel.db.read(Scope.nobody()) as reader:
                    chosen = self._kernel.preferences.locales(reader, [user_id])[user_id].language
            except SQLAlchemyError:
                log.debug("the language of a caller cannot be read; the error is told in that of the server")
        return chosen if chosen in self._spoken else ENGLISH

    def translated(self, error: KernelError, language: str) -> KernelError:
        """The error, as it is told in a language."""
        if language == ENGLISH:
            return error
        book, told = self._kernel.texts.phrasebook(language), _copied(error)
        told.message = book.translate(error.message)
        if isinstance(error, ValidationFailed) and isinstance(told, ValidationFailed):
            told.problems = [_problem(book, problem) for problem in error.problems]
            told.details = dict(error.details)
            told.details["reason"] = told.problems[0].message
            told.details["errors"] = [
                {"field": each.field, "message": each.message, "code": each.code} for each in told.problems
            ]
        return told


def asked_language(spoken: Sequence[str]) -> str | None:
    """The language that the request at hand asks for by `Accept-Language`; None where it asks for none.

    Of what is asked for the most wanted one counts that is spoken at all, in whatever country (RFC 4647,
    3.4): whoever wants British English before Vietnamese reads American English.

    Arguments:
        spoken: the languages that there are, BCP-47 tags, the one for `*` first.
    """
    for asked, quality in request.accept_languages:
        if quality > 0:
            near = [tag for tag in spoken if asked == "*" or _base(tag) == _base(asked)]
            exact = [tag for tag in near if tag.lower() == asked.lower().replace("_", "-")]
            if near:
                return (exact or near)[0]
    return None


def _base(tag: str) -> str:
    """The language of a tag without country and script."""
    return tag.lower().replace("_", "-").partition("-")[0]


def label(response: Response, language: str) -> Response:
    """Say in which language an answer is, and that it could be in another."""
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def _copied(error: KernelError) -> KernelError:
    """The same error once more; `copy` would call its class, which takes other arguments than it keeps."""
    again = type(error).__new__(type(error), *error.args)
    again.__dict__.update(error.__dict__)
    return again


def _problem(book: Phrasebook, problem: Problem) -> Problem:
    return Problem(problem.field, book.translate(problem.message), problem.code)
