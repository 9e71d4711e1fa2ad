"""Errors as Stripe words and shapes them."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class StripeError(Exception):
    """An answer other than 2xx. The handler's writes are rolled back unless `keeps_changes`."""

    keeps_changes = False

    def __init__(
        self, status: int, kind: str, message: str, *, code: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **{k: v for k, v in details.items() if v is not None}}
        if code:
            self.error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}


class CardError(StripeError):
    """402: a refused payment is itself a fact (failed charge, `last_payment_error`), so its changes are kept."""

    keeps_changes = True

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(402, **{"kind" if k == "type" else k: v for k, v in error.items() if k != "doc_url"})


def invalid(
    message: str, *, code: str | None = None, param: str | None = None, **details: Any
) -> StripeError:
    return StripeError(400, "invalid_request_error", message, code=code, param=param)


def missing_resource(label: str, identifier: str, param: str) -> StripeError:
    message = f"No such {label}: '{identifier}'"
    return StripeError(404, "invalid_request_error", message, code="resource_missing", param=param)


def unauthorized(message: str) -> StripeError:
    return StripeError(401, "invalid_request_error", message)


def unknown_account(identifier: str) -> StripeError:
    message = (
        f"The provided key does not have access to account '{identifier}' (or that account does not exist). "
        "Application access may have been revoked."
    )
    return StripeError(403, "invalid_request_error", message, code="account_invalid")


def unknown_url(method: str, path: str) -> StripeError:
    return StripeError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")


def rate_limited() -> StripeError:
    message = "Request rate limit exceeded. Learn more about rate limits: https://docs.stripe.com/rate-limits"
    return StripeError(429, "invalid_request_error", message, code="rate_limit")


def broken(status: int = 500) -> StripeError:
    return StripeError(status, "api_error", "An unknown error occurred.")
