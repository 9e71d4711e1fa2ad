"""Races for goods: the last units, opposite orders of lines, a coupon's last use, an edited cart, repeated requests."""

from collections import Counter
from uuid import uuid4

from django.db.models import Sum

from accounts.tests.factories import UserFactory, token_for
from bench.races.race import Race, statuses
from bench.soak.people import at_once
from bench.soak.verdict import rows
from catalog.models import StockLevel
from config.shared.actor import digest
from orders.models import CartItem, Coupon, Order, OrderItem
from orders.tests.factories import CouponFactory, actor_of, guest_carts, put_in_cart

BUYERS = 200
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class LastUnits(Race):
    stock = 1
    title = "stock of 1, 200 buyers"
    without = "no lock of the stock, no condition, no CHECK"
    guards = ("stock",)
    constraints = ("level_reserved_within_on_hand",)

    def round(self) -> int:
        thing = self.stage.thing(stock=self.stock)
        tokens = guest_carts(thing, count=BUYERS)
        answers = at_once([lambda token=token: self.stage.place(Cart_Token=token) for token in tokens])
        level, sold = StockLevel.objects.get(variant=thing), statuses(answers).count(201)
        self.expect(sold == self.stock, f"{sold} of {self.stock} sold")
        self.expect(
            (level.on_hand, level.reserved) == (self.stock, sold), f"{level.reserved} reserved, {sold} sold"
        )
        self.expect(
            OrderItem.objects.filter(variant=thing).count() == sold, "not as many orders as were answered"
        )
        return BUYERS


class LastTen(LastUnits):
    stock, title = 10, "stock of 10, 200 buyers"


class LastHundred(LastUnits):
    stock, title = 100, "stock of 100, 200 buyers"


class OppositeLines(Race):
    """The same six things in carts in every order of lines, each put in twice; sums are right and nothing deadlocks."""

    title = "the same goods in opposite orders of lines"
    without = "stock rows locked in an order that differs from buyer to buyer"
    guards = ("order of locks",)

    def begin(self) -> None:
        self.things = [self.stage.thing(stock=100_000) for _ in range(6)]
        self.before = rows(DEADLOCKS)[0][0]
        self.placed = 0

    def round(self) -> int:
        """Two units of each: a thing that is in the cart is put in again."""
        carts = []
        for _ in range(32):
            (token,) = guest_carts(*self.choose.sample(self.things, 6), count=1)
            CartItem.objects.filter(cart__token_digest=digest(token)).update(quantity=2)
            carts.append(token)
        answers = at_once([lambda token=token: self.stage.place(Cart_Token=token) for token in carts])
        self.placed += statuses(answers).count(201)
        self.expect(set(statuses(answers)) == {201}, f"answered {Counter(statuses(answers))}")
        return len(carts)

    def end(self) -> None:
        reserved = set(StockLevel.objects.filter(variant__in=self.things).values_list("reserved", flat=True))
        self.expect(reserved == {2 * self.placed}, f"{reserved} reserved by {self.placed} orders of 2")
        rows("SELECT pg_sleep(1.5)")  # until those who deadlocked have told
        deadlocks = rows(DEADLOCKS)[0][0] - self.before
        self.violations += ["deadlock"] * deadlocks


class OneUse(Race):
    title = "a coupon of one use, 200 buyers"
    without = "no condition in the statement that counts a use, no CHECK"
    guards = ("uses of a coupon",)
    constraints = ("coupon_within_limit",)

    def round(self) -> int:
        thing, coupon = self.stage.thing(stock=1000), CouponFactory(usage_limit=1)
        tokens = guest_carts(thing, count=BUYERS, coupon=coupon)
        answers = at_once([lambda token=token: self.stage.place(Cart_Token=token) for token in tokens])
        used = Coupon.objects.get(pk=coupon.pk).used_count
        cheaper = Order.objects.filter(items__variant=thing, discount_amount__gt=0).count()
        self.expect(
            statuses(answers).count(201) == used == cheaper == 1, f"{cheaper} orders with it, {used} uses"
        )
        return BUYERS


class EditedCart(Race):
    """One tab places, two put more in: what was taken in is ordered or still in the cart, and the total is that of the lines."""

    title = "a cart edited while it is placed"
    without = "no lock of the cart"
    guards = ("cart",)

    def round(self) -> int:
        things = [self.stage.thing(stock=50) for _ in range(4)]
        users = [UserFactory() for _ in range(8)]
        acts = []
        for user in users:
            put_in_cart(actor_of(user), things[0])
            mine = {"Authorization": f"Bearer {token_for(user)}"}
            acts += [lambda mine=mine: self.stage.place(**mine)]
            acts += [
                lambda mine=mine, more=more: self.stage.wire.send(
                    "POST", "/cart/items", {"variant": str(more.pk), "quantity": 1}, **mine
                )
                for more in self.choose.choices(things, k=2)
            ]
        answers = statuses(at_once(acts, len(acts)))
        for number, user in enumerate(users):
            self.check(user, 1 + answers[3 * number + 1 : 3 * number + 3].count(201), answers[3 * number])
        return len(acts)

    def check(self, user: object, put_in: int, placed: int) -> None:
        left = CartItem.objects.filter(cart__user=user).aggregate(units=Sum("quantity"))["units"] or 0
        ordered = (
            OrderItem.objects.filter(part__order__user=user).aggregate(units=Sum("quantity"))["units"] or 0
        )
        self.expect(put_in == left + ordered, f"{put_in} units taken in, {ordered} ordered, {left} left")
        for order in Order.objects.filter(user=user).prefetch_related("items"):
            lines = sum(item.total_amount for item in order.items.all())
            self.expect(order.total_amount == lines, f"total {order.total_amount}, lines {lines}")
        self.expect(placed == 201, f"placing answered {placed}")


class DoubleClick(Race):
    """Four times the same request, and twice more under other keys: one order, and one answer for the one key."""

    title = "double click on placing, and other tabs"
    without = "no lock of the idempotency key, none of the cart"
    guards = ("key", "cart")
    constraints = ("idempotency_caller_key",)

    def round(self) -> int:
        thing, acts, tokens = self.stage.thing(stock=100), [], []
        for token in guest_carts(thing, count=6):
            tokens.append(token)
            keys = [uuid4().hex] * 4 + [uuid4().hex, uuid4().hex]
            self.choose.shuffle(keys)
            acts += [
                lambda key=key, token=token: (key, self.stage.place(key=key, Cart_Token=token))
                for key in keys
            ]
        answers = at_once(acts, len(acts))
        for number in range(len(tokens)):
            self.check([one for one in answers[6 * number : 6 * number + 6] if one[1] is not None])
        self.expect(OrderItem.objects.filter(variant=thing).count() == len(tokens), "not one order a cart")
        return len(acts)

    def check(self, answers: list) -> None:
        made = {answer.body["id"] for _, answer in answers if answer.status == 201}
        self.expect(len(made) == 1, f"{len(made)} orders of one cart")
        (same,) = [key for key, times in Counter(key for key, _ in answers).items() if times > 2]
        told = {(answer.status, answer.body.get("id"), answer.code) for key, answer in answers if key == same}
        self.expect(len(told) == 1, f"one key was answered {told}")


class SameKey(Race):
    """Fifty at once; meanwhile a server is killed."""

    title = "one key fifty times, a server killed meanwhile"
    without = "no lock of the idempotency key, and it is not unique"
    guards = ("key",)
    constraints = ("idempotency_caller_key",)

    def begin(self) -> None:
        self.mine = {"Authorization": f"Bearer {token_for(self.stage.seller.user)}"}

    def round(self) -> int:
        thing, key = self.stage.thing(stock=10), uuid4().hex
        body = {"variant": str(thing.pk), "delta": 1, "reason": "delivery"}
        acts = [lambda: self.stage.post("/inventory/adjust", body, key=key, **self.mine)] * 50
        victim = self.stage.cluster.nodes[self.choose.choice(["web-1", "web-2"])]
        answers = at_once([*acts[:25], victim.kill, *acts[25:]], 51)
        answers.pop(25)
        on_hand = StockLevel.objects.get(variant=thing).on_hand
        self.expect(on_hand == 11, f"{on_hand - 10} effects")
        told = {(answer.status, str(answer.body)) if answer else "none" for answer in answers}
        self.expect(len(told) == 1 and set(statuses(answers)) == {200}, f"{len(told)} answers")
        self.stage.cluster.wait_until_whole(60)
        return 50


RACES: list[type[Race]] = [
    LastUnits,
    LastTen,
    LastHundred,
    OppositeLines,
    OneUse,
    EditedCart,
    DoubleClick,
    SameKey,
]
