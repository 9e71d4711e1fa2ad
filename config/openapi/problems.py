"""The refusals that an operation can give, derived from its properties: one shared response per status."""

from typing import Any

MEDIA_TYPE = "application/problem+json"
RETRY = {
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}
}
INVALID = [{"pointer": "/quantity", "code": "wrong_type", "detail": "Must be an integer."}]
# status: (name, meaning, code and detail of the example)
PROBLEMS: dict[str, tuple[str, str, str, str]] = {
    "400": ("BadRequest", "Malformed or invalid input: `errors` says what and where.", "invalid", "The request is not valid: see errors."),
    "401": ("Unauthorized", "No token, or one that is not valid (any more).", "not_authenticated", "A valid token or ticket is needed."),
    "403": ("Forbidden", "You may not do this, or must show your second factor first (`step_up_required`).", "permission_denied", "You may not do this."),
    "404": ("NotFound", "Not there, or not yours.", "not_found", "There is no such thing, or it is not yours."),
    "409": ("Conflict", "It conflicts with the present state: `code` says how.", "invalid_transition", "Not possible in status shipped; possible now: deliver."),
    "412": ("PreconditionFailed", "It has changed since you read it (`If-Match`).", "stale", "It has changed since you read it: read it again and repeat."),
    "413": ("TooLarge", "The body is too large.", "too_large", "The body is too large."),
    "415": ("UnsupportedMediaType", "The body has another media type than those named.", "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    "422": ("IdempotencyKeyReused", "The `Idempotency-Key` was used with another body.", "idempotency_key_reused", "This key was used for another request."),
    "429": ("TooManyRequests", "Throttled, or too many at once want the same row (`busy`).", "throttled", "Too many requests: wait a moment."),
    "503": ("Unavailable", "A service behind this one cannot be reached: `dependency` says which.", "unavailable", "PostgreSQL cannot be reached: try again."),
}  # fmt: skip
TITLES = {"400": "Bad Request", "401": "Unauthorized", "403": "Forbidden", "404": "Not Found", "409": "Conflict", "412": "Precondition Failed", "413": "Content Too Large", "415": "Unsupported Media Type", "422": "Unprocessable Content", "429": "Too Many Requests", "503": "Service Unavailable"}  # fmt: skip


def example(status: str, code: str, detail: str) -> dict[str, Any]:
    common = {"type": "about:blank", "title": TITLES[status], "status": int(status), "detail": detail}
    more = {"errors": INVALID} if code == "invalid" else {}
    return common | {"code": code, "request_id": "0b8cbb5a3c4f4ec5a7e1d2a7b9c3f1de"} | more


def answer(status: str) -> dict[str, Any]:
    _, meaning, code, detail = PROBLEMS[status]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example(status, code, detail)}
    headers = {"headers": RETRY} if status in {"429", "503"} else {}
    return {"description": meaning, "content": {MEDIA_TYPE: content}, **headers}


RESPONSES = {name: answer(status) for status, (name, *_) in PROBLEMS.items()}


def problems_of(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    needed = {"400": True, "429": True, "503": True}
    needed["401"] = bool(operation.get("security"))
    needed["403"] = needed["401"]
    needed["404"] = "{" in path
    needed["409"] = method != "get"
    needed["412"] = any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ()))
    needed["413"] = needed["415"] = "requestBody" in operation
    needed["422"] = any(
        parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ())
    )
    given = operation["responses"]
    return {
        status: {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}
        for status in PROBLEMS
        if needed[status] and status not in given
    }
