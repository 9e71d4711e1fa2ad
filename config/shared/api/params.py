"""Query parameters: flat, allow-listed, strict."""

from collections.abc import Iterable, Mapping

from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_LENGTH = 512


def refuse(name: str, detail: str, code: str = "invalid_parameter") -> ValidationError:
    return ValidationError({name: [ErrorDetail(detail, code)]})


def check_known(query: Mapping[str, str], known: Iterable[str]) -> None:
    """400 for a parameter that the route does not know: a filter with a typo must not pass in silence."""
    allowed = set(known)
    if unknown := sorted(name for name in query if name not in allowed):
        listed = ", ".join(sorted(allowed))
        raise ValidationError(
            {
                name: [ErrorDetail(f"Unknown parameter; known are: {listed}.", "unknown_parameter")]
                for name in unknown
            }
        )
    for name, value in query.items():
        if len(value) > MAX_LENGTH or "\x00" in value:
            raise refuse(name, "Is too long or holds a NUL character.")


def integer(query: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    raw = query.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 19 and least <= int(raw) <= most):
        raise refuse(name, f"Must be an integer between {least} and {most}.")
    return int(raw)


def flag(query: Mapping[str, str], name: str) -> bool:
    raw = query.get(name, "false")
    if raw not in {"true", "false"}:
        raise refuse(name, "Must be true or false.")
    return raw == "true"


def names(query: Mapping[str, str], name: str, allowed: Iterable[str]) -> list[str]:
    """A comma-separated list out of an allow-list."""
    given, known = [part for part in query.get(name, "").split(",") if part], list(allowed)
    if wrong := [part for part in given if part not in known]:
        raise refuse(name, f"Unknown: {', '.join(wrong)}; known are: {', '.join(known)}.")
    return given
