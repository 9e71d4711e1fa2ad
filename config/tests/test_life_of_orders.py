"""The whole life of orders against a model of it: whatever happens in whatever order, stock, money and coupons add up.

The model knows what each act should do, and what it should refuse; after every step it is compared with the database.
At the end of each life every verifier of `manage.py verify` is asked.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.tests.factories import UserFactory
from catalog.models import StockLevel
from catalog.tests.factories import VariantFactory
from config.shared import registry
from config.shared.errors import Conflict
from orders import services as orders
from orders.models import Coupon, Order, OrderItem, OrderPart
from orders.tests.factories import CouponFactory, actor_of, place_order_for, put_in_cart
from payments import services as payments
from payments.gateway import is_live
from payments.intents import Intent
from payments.models import Refund
from payments.tests.factories import PaymentFactory

PRICES, STOCK, USES = (1000, 333), 9, 2
SEATS = st.integers(0, 1)  # which of the two variants, and with it which seller's part
SOME = st.integers(1, 3)


@dataclass
class Part:
    """One seller's line: how many units were bought, and what became of them (`paid_back`: refunded where they are).

    `charged` and `refunded` are cents.
    """

    bought: int
    charged: int
    status: str = "pending"
    removed: int = 0
    shipped: int = 0
    returned: int = 0
    paid_back: int = 0
    refunded: int = 0

    @property
    def kept(self) -> int:
        return self.bought - self.removed

    @property
    def is_open(self) -> bool:
        return self.status in {"pending", "accepted"}

    def give_back(self, units: int) -> None:
        """The price of so many units more, of which there are no more than were bought."""
        gone = self.removed + self.returned + self.paid_back
        before, after = (
            self.charged * min(count, self.bought) // self.bought for count in (gone, gone + units)
        )
        self.refunded += after - before


@dataclass
class Life:
    """What the model believes of an order; `parts` by seat."""

    key: int
    has_coupon: bool
    parts: dict[int, Part] = field(default_factory=dict)
    status: str = "pending_payment"

    @property
    def total(self) -> int:
        return sum(part.charged for part in self.parts.values())

    @property
    def refunded(self) -> int:
        return sum(part.refunded for part in self.parts.values())

    @property
    def is_over(self) -> bool:
        return self.status in {"cancelled", "expired"}

    @property
    def is_paid(self) -> bool:
        return not self.is_over and self.status != "pending_payment"

    def follow(self) -> None:
        left = {part.status for part in self.parts.values()} - {"cancelled"}
        moving = left & {"shipped", "delivered"}
        if left == {"delivered"}:
            self.status = "delivered"
        elif left <= {"shipped", "delivered"}:
            self.status = "shipped"
        else:
            self.status = "partially_shipped" if moving else "paid"


class Shop(RuleBasedStateMachine):
    lives = Bundle("lives")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.user = UserFactory()
        self.variants = [VariantFactory(price_amount=price, stock=STOCK) for price in PRICES]
        self.coupon = CouponFactory(usage_limit=USES)
        self.on_hand, self.reserved, self.used = [STOCK, STOCK], [0, 0], 0
        self.known: list[Life] = []

    def teardown(self) -> None:
        found = {name: list(verify()) for name, verify in registry.VERIFIERS.items()}
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)
        assert {name: kinds for name, kinds in found.items() if kinds} == {}

    def does(self, is_possible: bool, act: Any, **arguments: Any) -> Any:
        """Carries an act out, or sees it refused."""
        if is_possible:
            return act(**arguments)
        with pytest.raises(Conflict), transaction.atomic():
            act(**arguments)
        return None

    def part_of(self, life: Life, seat: int) -> OrderPart:
        return OrderPart.objects.get(order=life.key, items__variant=self.variants[seat])

    def item_of(self, life: Life, seat: int) -> OrderItem:
        return OrderItem.objects.get(order=life.key, variant=self.variants[seat])

    # --- What happens -----------------------------------------------------------------------------------------

    @rule(target=lives, quantities=st.tuples(SOME, st.integers(0, 2)), with_coupon=st.booleans())
    def place(self, quantities: tuple[int, int], with_coupon: bool) -> Life | None:
        wanted = {seat: quantity for seat, quantity in enumerate(quantities) if quantity}
        is_there = all(self.on_hand[seat] - self.reserved[seat] >= units for seat, units in wanted.items())
        is_good = not with_coupon or self.used < USES
        order = self.does(is_there and is_good, self.buy, wanted=wanted, with_coupon=with_coupon)
        return self.begin(order, wanted, with_coupon) if order is not None else None

    @transaction.atomic
    def buy(self, wanted: dict[int, int], with_coupon: bool) -> Order:
        for seat, quantity in wanted.items():
            put_in_cart(actor_of(self.user), self.variants[seat], quantity)
        if with_coupon:
            orders.apply_coupon(held=orders.lock_cart(actor=actor_of(self.user)), code=self.coupon.code)
        return place_order_for(self.user)

    def begin(self, order: Order, wanted: dict[int, int], with_coupon: bool) -> Life:
        worth = sum(PRICES[seat] * quantity for seat, quantity in wanted.items())
        discount = (Decimal(worth) / 10).quantize(Decimal(1), ROUND_HALF_UP) if with_coupon else 0
        assert order.total_amount == worth - discount
        life = Life(order.pk, with_coupon)
        for seat, quantity in wanted.items():
            life.parts[seat] = Part(quantity, self.item_of(life, seat).total_amount)
            self.reserved[seat] += quantity
        assert life.total == order.total_amount
        self.used += with_coupon
        self.known.append(life)
        return life

    def pay(self, life: Life) -> None:
        order = Order.objects.get(pk=life.key)
        payment = PaymentFactory(order=order, provider="manual", method="bank_transfer")
        payments.settle_payment(payment_id=payment.pk, by=None)
        life.status = "paid"
        for seat, part in life.parts.items():
            self.reserved[seat] -= part.bought
            self.on_hand[seat] -= part.bought

    @rule(life=lives, steps=st.sampled_from([1, 2, 4, 4]))
    def go_on(self, life: Life | None, steps: int) -> None:
        """The usual way: paid, accepted, shipped, delivered."""
        following = {"pending": "accept", "accepted": "ship", "shipped": "deliver"}
        for _ in range(steps if life is not None and not life.is_over else 0):
            if life.status == "pending_payment":
                self.pay(life)
                continue
            for seat, part in life.parts.items():
                if part.status in following:
                    self.fulfil(life, seat, following[part.status])

    @rule(life=lives, seat=SEATS, how=st.sampled_from(["run_out", "run_out", "cancel", "cancel_part"]))
    def call_off(self, life: Life | None, seat: int, how: str) -> None:
        if life is not None and how == "cancel_part":
            self.cancel_part(life, seat)
        elif life is not None:
            getattr(self, how)(life)

    def run_out(self, life: Life) -> None:
        """Its hold ends; the sweeper comes by."""
        due = timezone.now() - timedelta(minutes=1)
        Order.objects.filter(pk=life.key, hold_expires_at__isnull=False).update(hold_expires_at=due)
        assert orders.expire_due_orders() == (life.status == "pending_payment")
        if life.status == "pending_payment":
            self.end(life, "expired")

    def cancel(self, life: Life) -> None:
        open_parts = [part for part in life.parts.values() if part.status != "cancelled"]
        is_possible = life.status in {"pending_payment", "paid"} and all(part.is_open for part in open_parts)
        self.does(is_possible, orders.cancel_order, order_id=life.key, by=None)
        if is_possible:
            self.end(life, "cancelled")

    def end(self, life: Life, status: str) -> None:
        for seat, part in life.parts.items():
            if part.status != "cancelled":
                self.drop(life, seat, part)
        life.status = status
        self.used -= life.has_coupon

    def unpaid_and_over(self) -> list[Life]:
        return [life for life in self.known if life.is_over and not life.refunded]

    @precondition(lambda self: self.unpaid_and_over())
    @rule(number=st.integers(0, 9))
    def pay_late(self, number: int) -> None:
        """Paid after all: an expired order is revived if its goods and its coupon are still there, or all goes back."""
        fitting = self.unpaid_and_over()
        life = fitting[number % len(fitting)]
        is_there = all(
            self.on_hand[seat] - self.reserved[seat] >= part.bought for seat, part in life.parts.items()
        )
        is_good = not life.has_coupon or self.used < USES
        self.succeed(life)
        if life.status == "expired" and is_there and is_good:
            self.revive(life)
        else:
            self.refund_all(life)

    def succeed(self, life: Life) -> None:
        """The provider says that it has the money."""
        order = Order.objects.get(pk=life.key)
        payment = PaymentFactory(order=order, provider="manual", method="bank_transfer")
        says = {"id": "", "status": "succeeded", "money": payment.money, "received": payment.amount}
        intent = Intent(**says, token=payment.token.hex, is_live=is_live())
        payments.apply_intent(payment_id=payment.pk, intent=intent)

    def revive(self, life: Life) -> None:
        life.status = "paid"
        self.used += life.has_coupon
        for seat, part in life.parts.items():
            part.status = "pending"
            self.on_hand[seat] -= part.bought

    def refund_all(self, life: Life) -> None:
        for part in life.parts.values():
            part.refunded = part.charged

    def drop(self, life: Life, seat: int, part: Part) -> None:
        """What is left of a part goes back, goods and money."""
        if life.is_paid:
            self.on_hand[seat] += part.kept
            part.refunded = part.charged
        else:
            self.reserved[seat] -= part.bought
        part.status = "cancelled"

    @rule(life=lives, seat=SEATS, step=st.sampled_from(["accept", "ship", "deliver"]))
    def try_step(self, life: Life | None, seat: int, step: str) -> None:
        if life is not None and seat in life.parts:
            self.fulfil(life, seat, step)

    def fulfil(self, life: Life, seat: int, step: str) -> None:
        part = life.parts[seat]
        begins, ends = {
            "accept": ("pending", "accepted"),
            "ship": ("accepted", "shipped"),
            "deliver": ("shipped", "delivered"),
        }[step]
        is_possible = life.is_paid and part.status == begins
        act = getattr(orders, f"{step}_part")
        self.does(is_possible, act, part_id=self.part_of(life, seat).pk, by=None)
        if is_possible:
            part.status = ends
            part.shipped = part.kept if step == "ship" else part.shipped
            life.follow()

    def cancel_part(self, life: Life, seat: int) -> None:
        if seat not in life.parts:
            return
        part, others = life.parts[seat], [p for key, p in life.parts.items() if key != seat]
        is_last = all(other.status == "cancelled" for other in others)
        is_possible = not life.is_over and part.is_open and (life.is_paid or is_last)
        part_id = self.part_of(life, seat).pk
        self.does(is_possible, orders.cancel_part, part_id=part_id, by=None, reason="gone")
        if is_possible and is_last:
            self.end(life, "cancelled")
        elif is_possible:
            self.drop(life, seat, part)
            life.follow()

    def parts_in(self, *status: str) -> list[tuple[Life, int]]:
        """The parts of paid orders that are in one of these states."""
        every = [(life, seat) for life in self.known if life.is_paid for seat in life.parts]
        return [(life, seat) for life, seat in every if life.parts[seat].status in status]

    @rule(life=lives, seat=SEATS, units=SOME)
    def try_wrongly(self, life: Life | None, seat: int, units: int) -> None:
        """What is delivered is not taken out, what is not is not sent back."""
        if life is None or seat not in life.parts or units > life.parts[seat].kept:
            return
        if life.is_paid and life.parts[seat].is_open:
            self.send_back_from(life, seat, units, restock=True, is_rejected=False)
        else:
            self.remove_from(life, seat, units)

    @precondition(lambda self: self.parts_in("pending", "accepted"))
    @rule(number=st.integers(0, 9), units=SOME)
    def remove(self, number: int, units: int) -> None:
        fitting = self.parts_in("pending", "accepted")
        life, seat = fitting[number % len(fitting)]
        self.remove_from(life, seat, min(units, life.parts[seat].kept))

    def remove_from(self, life: Life, seat: int, units: int) -> None:
        """Of one line at least one unit stays; more than there is would be a 400."""
        part, goods = life.parts[seat], {self.item_of(life, seat).pk: units}
        is_possible = life.is_paid and part.is_open and units < part.kept
        self.does(
            is_possible,
            orders.remove_items,
            part_id=self.part_of(life, seat).pk,
            by=None,
            quantities=goods,
            reason="gone",
        )
        if is_possible:
            part.give_back(units)
            part.removed += units
            self.on_hand[seat] += units

    @precondition(lambda self: self.parts_in("delivered"))
    @rule(number=st.integers(0, 9), units=SOME, restock=st.booleans(), is_rejected=st.booleans())
    def send_back(self, number: int, units: int, restock: bool, is_rejected: bool) -> None:
        fitting = self.parts_in("delivered")
        life, seat = fitting[number % len(fitting)]
        units = min(units, life.parts[seat].bought)
        self.send_back_from(life, seat, units, restock=restock, is_rejected=is_rejected)

    def send_back_from(self, life: Life, seat: int, units: int, *, restock: bool, is_rejected: bool) -> None:
        part, goods = life.parts[seat], {self.item_of(life, seat).pk: units}
        is_possible = part.status == "delivered" and units <= part.shipped - part.returned - part.paid_back
        asked = {"order_id": life.key, "quantities": goods, "reason": "No", "by": None}
        returned = self.does(is_possible, orders.request_return, **asked)
        if returned is None:
            return
        if is_rejected:
            orders.reject_return(return_id=returned.pk, by=None, reason="worn")
            return
        orders.approve_return(return_id=returned.pk, by=None)
        orders.receive_return(return_id=returned.pk, by=None, restock=restock)
        part.give_back(units)
        part.returned += units
        self.on_hand[seat] += units if restock else 0

    @rule(life=lives, seat=SEATS, units=SOME)
    def refund_units(self, life: Life | None, seat: int, units: int) -> None:
        """Whatever became of the goods: each unit's price goes back once."""
        if life is None or seat not in life.parts:
            return
        part, asked = life.parts[seat], {"seller_id": None, "amount": None, "reason": "No", "begin": id}
        units = min(units, part.bought)
        is_left = units <= part.kept - part.returned - part.paid_back
        is_possible = life.is_paid and part.status != "cancelled" and is_left
        goods = {self.item_of(life, seat).pk: units}
        self.does(is_possible, payments.ask_refund, order_id=life.key, items=goods, **asked)
        if is_possible:
            part.give_back(units)
            part.paid_back += units

    # --- What must hold ---------------------------------------------------------------------------------------

    @invariant()
    def stock_is_as_it_should_be(self) -> None:
        for seat, variant in enumerate(self.variants):
            level = StockLevel.objects.get(variant=variant)
            assert (level.on_hand, level.reserved) == (self.on_hand[seat], self.reserved[seat])

    @invariant()
    def uses_are_as_they_should_be(self) -> None:
        assert Coupon.objects.get(pk=self.coupon.pk).used_count == self.used

    @invariant()
    def orders_and_money_are_as_they_should_be(self) -> None:
        for refund in Refund.objects.filter(status=Refund.Status.PENDING):
            payments.send_refund(refund_id=refund.pk)
        for life in self.known:
            order = Order.objects.get(pk=life.key)
            whole = {0: "none", life.total: "full"}.get(life.refunded, "partial")
            assert (order.status, order.refund_status) == (life.status, whole)
            refunds = Refund.objects.filter(payment__order=order, status=Refund.Status.SUCCEEDED)
            assert sum(refund.amount for refund in refunds) == life.refunded
            for seat, part in life.parts.items():
                assert self.part_of(life, seat).status == part.status


@pytest.mark.django_db
def test_whatever_happens_it_adds_up() -> None:
    bounds = settings(
        max_examples=15,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Shop, settings=bounds)
