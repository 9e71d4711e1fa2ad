"""What is wrong with an answer, whatever was asked."""

from collections.abc import Iterable, Iterator
from typing import Any

from config.tests.access.acting import is_problem


def complaint(response: Any, what: str) -> Iterator[str]:
    """A 5xx, or a refusal that is no problem document."""
    if response.status_code >= 500:
        yield f"{response.status_code} {what}: {response.content[:200]!r}"
    elif response.status_code >= 400 and not is_problem(response):
        yield f"no problem {response.status_code} {what}: {response.content[:200]!r}"


def told(complaints: Iterable[str]) -> str:
    found = list(complaints)
    return f"{len(found)}:\n" + "\n".join(found[:80]) if found else ""
