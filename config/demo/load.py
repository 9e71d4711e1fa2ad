"""Loads the demo marketplace: all of it or nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import F

from accounts.models import Seller, User
from catalog.models import Brand, Product
from config.demo.clock import Clock
from config.demo.data import SHOPS
from config.demo.goods import GOODS, SHELVES
from config.demo.history import CART, FOLLOWS, LOOKED, ORDERS, REVIEWS
from config.demo.past import Story, fill_cart, finish_payouts, pay_out
from config.demo.people import actor_of, make_people
from config.demo.pictures import Pictures, drawing
from config.demo.shops import apply, make_rules, make_shops, put_on_shelf, stock_second_location
from config.demo.tables import FIRST_STOCK, Good, Opinion
from config.demo.talk import Talk
from orders.services import apply_coupon, lock_cart
from social.models import Notification, Post
from social.services import (
    compute_also_bought,
    follow,
    read_all,
    reply_to_review,
    tell_followers,
    write_review,
)

LOCK = (
    7_685_108  # an arbitrary number of our own: of two simultaneous loads, the second finds a full database
)
BEGINNING = 90  # days ago
STAGGER = 0.15  # days between two products of the first stock
APART = timedelta(seconds=2)  # between two steps: more than one takes
# The shops were paid a month ago; the last run still waits for its bank transfers.
PAYOUTS: list[tuple[float, Callable[[], object]]] = [(30.0, pay_out), (28.9, finish_payouts), (2.5, pay_out)]
Step = tuple[datetime, Callable[[], object]]
Report = Callable[[str], object]


class NotEmpty(Exception):
    """There already are users."""


def load(*, report: Report) -> None:
    """Raises NotEmpty; after this or any other error, nothing has been written."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if User.objects.exists():
            raise NotEmpty
        with drawing(GOODS) as pictures:
            Market(report).fill(pictures)


class Market:
    """What the steps of the load share."""

    def __init__(self, report: Report) -> None:
        self.clock, self.report = Clock(), report
        self.people: dict[str, User] = {}
        self.sellers: dict[str, Seller] = {}
        self.products: dict[str, Product] = {}

    def fill(self, pictures: Pictures) -> None:
        self.report(f"A demo marketplace: {len(SHOPS)} shops, {len(GOODS)} products, {len(ORDERS)} orders.")
        self.begin()
        last = self.clock.ago(days=BEGINNING)
        for moment, act in sorted(self.steps(), key=lambda step: step[0]):
            last = max(moment, last + APART)
            with self.clock.dated(last):
                act()
                tell_news()
        self.fill_present_cart()
        forget_mails()
        compute_also_bought()
        self.report("The past has happened; hanging the pictures.")
        self.hang(pictures)

    def begin(self) -> None:
        """Makes people first, then shops and rules."""
        with self.clock.dated(self.clock.ago(days=BEGINNING)):
            self.people = make_people()
        with self.clock.dated(self.clock.ago(days=BEGINNING - 5)):
            self.sellers = make_shops(self.people)
            make_rules(self.sellers)

    def steps(self) -> list[Step]:
        """All that has happened since, in no order."""
        ago = self.clock.ago
        steps: list[Step] = [(ago(days=2.2), partial(apply, self.people))]
        steps.append((ago(days=20.5), partial(stock_second_location, self.sellers["northlight"])))
        steps += [(ago(days=days), partial(self.look, key)) for key, days in LOOKED.items()]
        steps += [(ago(days=days), act) for days, act in PAYOUTS]
        talk = Talk(self.people, self.sellers, self.products).steps()
        steps += [(ago(days=days), act) for days, act in talk]
        return steps + self.deliveries() + self.orders() + self.reviews() + self.follows()

    def deliveries(self) -> list[Step]:
        steps: list[Step] = []
        for shop, goods in SHELVES.items():
            for good in goods:
                days = good.days - STAGGER * len(steps) if good.days == FIRST_STOCK else good.days
                steps.append((self.clock.ago(days=days), partial(self.stock, shop, good)))
        return steps

    def stock(self, shop: str, good: Good) -> None:
        self.products[good.key] = put_on_shelf(shop, self.sellers[shop], good)

    def orders(self) -> list[Step]:
        stories = [Story(number, past, self.people) for number, past in enumerate(ORDERS)]
        return [
            (moment, getattr(story, name)) for story in stories for moment, name in story.steps(self.clock)
        ]

    def reviews(self) -> list[Step]:
        return [(self.clock.ago(days=opinion.days), partial(self.review, opinion)) for opinion in REVIEWS]

    def review(self, opinion: Opinion) -> None:
        review = write_review(
            user=self.people[opinion.buyer],
            product=self.products[opinion.good],
            rating=opinion.rating,
            title=opinion.title,
            body=opinion.body,
        )
        if opinion.reply:
            reply_to_review(review_id=review.pk, body=opinion.reply)

    def follows(self) -> list[Step]:
        """One follow every few hours, over the two months."""
        wanted = [(user, followed) for user, several in FOLLOWS.items() for followed in several]
        first = self.clock.ago(days=56.99)
        return [
            (first + timedelta(hours=47 * index), partial(self.follow, *one))
            for index, one in enumerate(wanted)
        ]

    def follow(self, user: str, followed: str) -> None:
        kind, _, name = followed.partition(":")
        if kind == "shop":
            follow(user=self.people[user], seller=self.sellers[name])
        else:
            follow(user=self.people[user], brand=Brand.objects.get(name=name))

    def look(self, key: str) -> None:
        read_all(user=self.people[key])

    def fill_present_cart(self) -> None:
        key, lines, coupon = CART
        actor = actor_of(self.people[key])
        fill_cart(actor, lines)
        apply_coupon(held=lock_cart(actor=actor), code=coupon)

    def hang(self, pictures: Pictures) -> None:
        for good in GOODS:
            pictures.hang(good, self.products[good.key].pk)


def tell_news() -> None:
    """Does what a worker would have done at that time."""
    for seller_id in Post.objects.filter(broadcast=None).values_list("seller", flat=True).distinct():
        tell_followers(seller_id=seller_id, batches=9)


def forget_mails() -> None:
    """Sends no mail about the past: its mails count as sent, and no job is left that would send one."""
    Notification.objects.exclude(mail_due_at=None).update(mailed_at=F("created_at"), mail_due_at=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name LIKE 'social.%'")
