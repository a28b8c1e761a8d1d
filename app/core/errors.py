"""Errors that say what is wrong to a person and to a program. Each door renders them its own way."""

from collections.abc import Mapping, Sequence


class AppError(Exception):
    """An expected refusal: HTTP status, stable code, one human sentence."""

    status = 400
    code = "bad_request"
    message = "That request could not be understood."

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        super().__init__(self.message)


class BadRequest(AppError):
    """400: the request itself is malformed."""


class Unauthenticated(AppError):
    """401: nobody is signed in."""

    status, code, message = 401, "unauthenticated", "Please sign in first."


class PlanLimitReached(AppError):
    """402: the plan or the credits do not allow it."""

    status, code, message = 402, "plan_limit_reached", "Your plan does not include this."


class Forbidden(AppError):
    """403: signed in, but not allowed."""

    status, code, message = 403, "forbidden", "Your role does not allow this."


class NotFound(AppError):
    """404: not there, or not yours to see."""

    status, code, message = 404, "not_found", "We could not find that."


class Conflict(AppError):
    """409: the state of things does not allow it (any more)."""

    status, code, message = 409, "conflict", "Something changed in the meantime."


class TooLarge(AppError):
    """413: more bytes than we take."""

    status, code, message = 413, "too_large", "That file is too large."


class Invalid(AppError):
    """422: the input breaks a rule. `errors` maps field names to sentences."""

    status, code, message = 422, "invalid", "Please correct the marked fields."

    def __init__(self, errors: Mapping[str, Sequence[str]], message: str | None = None) -> None:
        self.errors = {name: list(texts) for name, texts in errors.items()}
        super().__init__(message)


class TooMany(AppError):
    """429: slow down; `retry_after` in seconds."""

    status, code, message = 429, "too_many_requests", "Too many attempts. Please wait a moment."

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        self.retry_after = max(1, int(retry_after))
        super().__init__(message)


class Unavailable(AppError):
    """503: a part of the installation does not answer right now. `retry_after` in seconds."""

    retry_after = 5
    status, code, message = 503, "unavailable", "This is briefly unavailable. Please try again."
