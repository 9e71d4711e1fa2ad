"""Query parameters: flat, allow-listed, strict."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_LENGTH = 512
# Parameters that may be blank, as a form sends them; a blank value of any other is refused.
MAY_BE_BLANK = frozenset({"q", "region", "postal_code"})


def refuse(name: str, detail: str, code: str = "invalid_parameter") -> ValidationError:
    return ValidationError({name: [ErrorDetail(detail, code)]})


def check_known(
    query: QueryDict, known: Iterable[str], *, repeatable: Collection[str] = (), prefixes: Sequence[str] = ()
) -> None:
    """400 for an unknown parameter, a repeated one or a bad value: none is silently ignored.

    Parameters that begin with one of the `prefixes` are not checked.
    """
    allowed = set(known)
    named = [name for name in query if not name.startswith(tuple(prefixes))]
    if unknown := sorted(name for name in named if name not in allowed):
        listed = ", ".join(sorted(allowed))
        raise ValidationError(
            {
                name: [ErrorDetail(f"Unknown parameter; known are: {listed}.", "unknown_parameter")]
                for name in unknown
            }
        )
    for name in named:
        check_values(name, query.getlist(name), is_repeatable=name in repeatable)


def check_values(name: str, values: list[str], *, is_repeatable: bool) -> None:
    if len(values) > 1 and not is_repeatable:
        raise refuse(name, "Is given more than once.", "repeated_parameter")
    for value in values:
        if len(value) > MAX_LENGTH or "\x00" in value:
            raise refuse(name, "Is too long or holds a NUL character.")
        if not value.strip() and name not in MAY_BE_BLANK:
            raise refuse(name, "Must not be empty: leave it out.")


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
    """A comma-separated list of names from an allow-list."""
    given, known = query[name].split(",") if name in query else [], list(allowed)
    if wrong := [part or "(nothing)" for part in given if part not in known]:
        raise refuse(name, f"Unknown: {', '.join(wrong)}; known are: {', '.join(known)}.")
    return given
