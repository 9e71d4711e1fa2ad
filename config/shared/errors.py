"""Refusals, and their one format: RFC 9457 `application/problem+json`.

A domain error is a subclass of the status it answers with, with a stable `code`:

    class OutOfStock(Conflict):
        code = "out_of_stock"
        detail = "Not enough stock."

    raise OutOfStock(lines=[...])        # extra members stand beside `code` in the problem
"""

from http import HTTPStatus
from typing import Any

import psycopg.errors
import redis.exceptions
import structlog
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail
from rest_framework.response import Response

from config.shared import telemetry
from config.shared.encoding import to_json

logger = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"


class Problem(drf.APIException):
    """A refusal that a client can act on. `members` are added to the problem document."""

    status_code = 400
    code = "invalid"
    detail = "The request cannot be carried out."
    retry_after: int | None = None  # seconds

    def __init__(self, detail: str | None = None, *, code: str | None = None, **members: Any) -> None:
        self.code = code or type(self).code
        super().__init__(detail or type(self).detail, self.code)
        self.retry_after = members.pop("retry_after", type(self).retry_after)
        self.members = members


class Invalid(Problem):
    """400: malformed input that belongs to no field of the body."""


class Unauthenticated(Problem):
    """401 outside DRF's authentication, which has exceptions of its own."""

    status_code, code, detail = 401, "not_authenticated", "A valid token or ticket is needed."


class Forbidden(Problem):
    status_code, code, detail = 403, "permission_denied", "You may not do this."


class NotFound(Problem):
    status_code, code, detail = 404, "not_found", "There is no such thing, or it is not yours."


class Conflict(Problem):
    status_code, code, detail = 409, "conflict", "This conflicts with the present state."


class InvalidTransition(Conflict):
    """A step that the present state does not allow; the problem names the steps that it does."""

    code = "invalid_transition"

    def __init__(self, *, status: str, allowed: list[str]) -> None:
        steps = ", ".join(allowed) or "none"
        super().__init__(
            f"Not possible in status {status}; possible now: {steps}.", status_now=status, allowed=allowed
        )


class PreconditionFailed(Problem):
    status_code, code = 412, "stale"
    detail = "It has changed since you read it: read it again and repeat."


class TooLarge(Problem):
    status_code, code, detail = 413, "too_large", "The body is too large."


class Unprocessable(Problem):
    status_code, code = 422, "unprocessable"


class Busy(Problem):
    status_code, code, detail, retry_after = 429, "busy", "Too many at once want this: try again.", 1


class Unavailable(Problem):
    """503: a dependency is down; `dependency` says which."""

    status_code, code, retry_after = 503, "unavailable", 5

    def __init__(self, dependency: str, **members: Any) -> None:
        super().__init__(f"{dependency} cannot be reached: try again.", dependency=dependency, **members)


def invalid(pointer: str, detail: str, code: str = "invalid") -> drf.ValidationError:
    """A 400 that points at one member of the body: `invalid("items/0/quantity", …)`."""
    error: Any = [drf.ErrorDetail(detail, code)]
    for part in reversed(pointer.split("/")):
        error = {part: error}
    return drf.ValidationError(error)


# --- Other libraries' exceptions as problems ------------------------------------------------------------------


def translate(exc: Exception) -> Exception:  # noqa: PLR0911  (a table, one line per kind)
    """The problem that an exception of Django, psycopg or redis stands for, or the exception itself."""
    match exc:
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation():
            return Invalid("The request was refused.", code="bad_request")
        case ModelValidationError():
            return drf.ValidationError(get_error_detail(exc))
        case IntegrityError():
            return conflict_of(exc)
        case RecursionError():
            return Invalid("The body is nested too deeply.", code="malformed")
        case DataError():
            return Invalid(
                "A value is out of range or holds a character that cannot be stored.", code="invalid_value"
            )
        case OperationalError() | InterfaceError():
            return outage_of(exc)
        case redis.exceptions.RedisError():
            return Unavailable("Redis")
    return exc


def outage_of(exc: Error) -> Problem:
    waited_in_vain = psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected
    if isinstance(exc.__cause__, waited_in_vain | psycopg.errors.SerializationFailure):
        return Busy()
    return Unavailable("PostgreSQL")


def conflict_of(exc: IntegrityError) -> Problem:
    """409 with the code and message that the model declares for the violated constraint, if it declares any."""
    name = getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name and constraint.violation_error_code:
                return Conflict(str(constraint.violation_error_message), code=constraint.violation_error_code)
    if isinstance(exc.__cause__, psycopg.errors.UniqueViolation):
        return Conflict("There is one like this already.", code="already_exists")
    return Conflict()


# --- The one format ---------------------------------------------------------------------------------------


def problem(
    status: int, code: str, detail: str, request_id: str, *, title: str = "", **members: Any
) -> dict[str, Any]:
    """A problem document; `type` is about:blank (RFC 9457, 4.2.1), because `code` identifies the kind."""
    heading = title or HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": heading, "status": status, "detail": detail, "code": code}
    return {**document, "request_id": request_id, **members}


def document(refusal: Problem, request_id: str) -> bytes:
    """The whole body of a refusal, for code that answers before Django does."""
    told = problem(refusal.status_code, refusal.code, str(refusal.detail), request_id, **refusal.members)
    return to_json(told)


def field_errors(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested error detail as a flat list with JSON pointers (RFC 6901)."""
    if isinstance(detail, dict):
        parts = (
            (f"{pointer}/{escape(key)}" if key != NON_FIELD_ERRORS else pointer, value)
            for key, value in detail.items()
        )
    elif any(isinstance(value, dict | list) for value in detail):
        parts = ((f"{pointer}/{index}", value) for index, value in enumerate(detail))
    else:
        return [{"pointer": pointer, "code": error.code, "detail": str(error)} for error in detail]
    return [error for at, value in parts for error in field_errors(value, at)]


def escape(key: Any) -> str:
    return "" if key == "non_field_errors" else str(key).replace("~", "~0").replace("/", "~1")


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every refusal in one format, and never HTML or a bare 500."""
    exc = translate(exc)
    request_id = getattr(context["request"], "id", "")
    if not isinstance(exc, drf.APIException):
        logger.exception("unhandled", exc_info=exc)
        telemetry.tell(exc)
        body = problem(500, "internal_error", "Something broke on our side; it has been logged.", request_id)
    elif isinstance(exc, drf.ValidationError):
        errors = [error | {"pointer": error["pointer"].rstrip("/")} for error in field_errors(exc.detail)]
        body = problem(400, "invalid", "The request is not valid: see errors.", request_id, errors=errors)
    else:
        code = getattr(exc, "code", None) or exc.get_codes()
        body = problem(exc.status_code, code, str(exc.detail), request_id, **getattr(exc, "members", {}))
    return Response(body, status=body["status"], headers=headers_of(exc), content_type=MEDIA_TYPE)


def headers_of(exc: Exception) -> dict[str, str]:
    headers = dict(getattr(exc, "headers", {}))
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    wait = getattr(exc, "retry_after", None) or getattr(exc, "wait", None)
    return headers | ({"Retry-After": str(max(1, int(wait)))} if wait else {})


# --- Outside DRF: what config.urls names as handler400 … handler500 -----------------------------------------


def plain_problem(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A problem document; for a browser on the admin site, a page that says the same."""
    body = problem(status, code, detail, getattr(request, "id", ""))
    if request.path.startswith("/admin/") and "text/html" in request.headers.get("Accept", ""):
        return HttpResponse(render_to_string("admin/refused.html", body), status=status)
    return HttpResponse(to_json(body), status=status, content_type=MEDIA_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    status, code = (413, "too_large") if isinstance(exception, RequestDataTooBig) else (400, "bad_request")
    return plain_problem(request, status, code, "The request was refused.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_problem(request, 403, "permission_denied", "You may not do this.")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return plain_problem(
        request, 403, "csrf_failed", "The form is too old, or not of this site: load it again."
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain_problem(request, 404, "not_found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return plain_problem(request, 500, "internal_error", "Something broke on our side; it has been logged.")
