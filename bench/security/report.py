"""What was tried, how often, and what got through."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Check:
    """A line of attack. A violation is a sentence; an attempt without one was refused as it must be."""

    name: str
    attempts: int = 0
    violations: list[str] = field(default_factory=list)
    note: str = ""

    def tried(self, is_safe: bool, what: object) -> None:
        self.attempts += 1
        if not is_safe:
            self.violations.append(str(what)[:400])

    def equal(self, found: Any, expected: Any, what: str) -> None:
        self.tried(found == expected, f"{what}: {found!r} instead of {expected!r}")

    @property
    def is_hollow(self) -> bool:
        """A check that has tried nothing proves nothing."""
        return self.attempts == 0 and not self.note


def as_text(checks: Iterable[Check]) -> str:
    lines = []
    for check in checks:
        told = f"{check.name:<62} {check.attempts:>6} tried {len(check.violations):>4} got through"
        lines.append(told + (f"  ({check.note})" if check.note else ""))
        lines += [f"    {line}" for line in check.violations[:12]]
    return "\n".join(lines)


def as_markdown(checks: Iterable[Check]) -> str:
    rows = [
        f"| {check.name} | {check.attempts:,} | {len(check.violations)} | {check.note} |" for check in checks
    ]
    return "\n".join(["| line of attack | tried | got through | |", "| --- | ---: | ---: | --- |", *rows, ""])


def as_json(checks: Iterable[Check], **rest: Any) -> str:
    figures = [
        {"name": c.name, "attempts": c.attempts, "violations": c.violations, "note": c.note} for c in checks
    ]
    return json.dumps({**rest, "checks": figures}, indent=1)
