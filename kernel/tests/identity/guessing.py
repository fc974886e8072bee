"""Guessing at passwords, and how refusals look."""

LOGIN = "/api/v1/auth/login"
CHANGE = "/api/v1/auth/password-change"
CONFIRM = "/api/v1/auth/password-reset/confirm"
WRONG = "Wrong-Horse-77"
NEW = "Battery-Staple-8"

LOCKED = (429, "account_locked")


def reason(reply):
    return reply.status, reply.error["details"].get("reason")
