"""What every race is made of: a round of people who act at the same moment, and what must hold after it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from accounts.tests.factories import SellerFactory, UserFactory, token_for
from bench.soak.cluster import Cluster
from bench.soak.people import ADDRESS
from bench.soak.verdict import rows
from bench.soak.wire import Answer, Balancer
from catalog.models import Variant
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.actor import digest
from orders.models import Order
from payments.tests.factories import place


@dataclass
class Stage:
    """The processes and who is in the market; `without` is the file that controls take guards away with."""

    cluster: Cluster
    wire: Balancer
    choose: random.Random
    without: Path
    seller: Any = field(default_factory=SellerFactory)

    def thing(self, **fields: Any) -> Variant:
        return VariantFactory(product=ProductFactory(seller=self.seller), **fields)

    def order(self, **fields: Any) -> tuple[Order, dict[str, str]]:
        """An unpaid order of one unit, and the headers of its buyer."""
        user = UserFactory()
        return place(user, self.thing(**({"stock": 5} | fields))), {
            "Authorization": f"Bearer {token_for(user)}"
        }

    def post(self, path: str, body: Any, *, key: str = "", **headers: str) -> Answer | None:
        return self.wire.send("POST", path, body, Idempotency_Key=key or uuid4().hex, **headers)

    def place(self, *, key: str = "", **headers: str) -> Answer | None:
        """By a guest unless it is said who."""
        body: dict[str, Any] = {"shipping_address": ADDRESS}
        if "Authorization" not in headers:
            body["email"] = f"{digest(headers['Cart_Token'])[:12]}@example.com"
        return self.post("/orders/place", body, key=key, **headers)


class Race:
    """`round` returns how many attempts there were and tells what is wrong with `expect`; `end` sees to what takes time."""

    title: ClassVar[str]
    without: ClassVar[str]
    guards: ClassVar[tuple[str, ...]] = ()
    constraints: ClassVar[tuple[str, ...]] = ()
    control_rounds: ClassVar[int] = 5

    def __init__(self, stage: Stage) -> None:
        self.stage, self.choose, self.violations = stage, stage.choose, list[str]()

    def begin(self) -> None:
        """Before the first round."""

    def round(self) -> int:
        raise NotImplementedError

    def end(self) -> None:
        """After the last one."""

    def take_away(self) -> None:
        """For the control, besides guards and constraints."""

    def give_back(self) -> None:
        """After the control."""

    def expect(self, is_right: bool, told: str) -> None:
        if not is_right:
            self.violations.append(told)


def statuses(answers: Sequence[Answer | None]) -> list[int]:
    return [answer.status if answer is not None else 0 for answer in answers]


def drop(name: str) -> None:
    """A constraint or a unique index; nothing when another control has dropped it."""
    table = rows("SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", name)
    rows(f'ALTER TABLE {table[0][0]} DROP CONSTRAINT "{name}"' if table else f'DROP INDEX IF EXISTS "{name}"')
