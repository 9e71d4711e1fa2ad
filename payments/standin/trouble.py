"""Trouble on demand: what a network and a busy Stripe do to a client."""

import random
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal

BEFORE, AFTER = "before", "after"


@dataclass(slots=True, kw_only=True)
class Rule:
    """What happens to matching calls, `times` times (None: until ended), each with `probability`.

    `when` says on which side of the commit; by default a dropped answer comes after it, everything else before.
    A `status` of 500 after the commit is remembered under the idempotency key, as with Stripe.
    """

    method: str = "*"
    path: str = "*"
    times: int | None = None
    probability: float = 1.0
    when: Literal["before", "after"] | None = None
    delay: float = 0.0
    status: int | None = None
    drop: bool = False
    hang: bool = False

    def side(self) -> str:
        return self.when or (AFTER if self.drop else BEFORE)

    def strikes(self, method: str, path: str) -> bool:
        if self.times == 0 or not (fnmatchcase(method, self.method) and fnmatchcase(path, self.path)):
            return False
        if random.random() >= self.probability:  # noqa: S311 (chance, not a secret)
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True, kw_only=True)
class WebhookTrouble:
    duplicate_webhooks: bool = False
    """Each event is posted twice."""
    reorder_webhooks: bool = False
    """What is due together goes out one by one, newest first."""
    hold_webhooks: bool = False
    """Nothing is posted until it is switched off."""


@dataclass(slots=True)
class Trouble:
    rules: list[Rule] = field(default_factory=list)
    webhooks: WebhookTrouble = field(default_factory=WebhookTrouble)

    def add(self, settings: dict[str, Any]) -> None:
        """Sets webhook switches; anything else adds a rule. Unknown names raise TypeError."""
        switches = {each.name for each in fields(WebhookTrouble)}
        for name in switches & settings.keys():
            setattr(self.webhooks, name, bool(settings[name]))
        rule = {name: value for name, value in settings.items() if name not in switches}
        if rule:
            self.rules.append(Rule(**rule))

    def end(self) -> None:
        self.rules.clear()
        self.webhooks = WebhookTrouble()

    def strike(self, method: str, path: str) -> Rule | None:
        """The first rule that applies to this call, counted as used."""
        return next((rule for rule in self.rules if rule.strikes(method, path)), None)
