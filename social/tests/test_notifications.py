from datetime import timedelta
from string import Formatter
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.services import approve_seller, erase_user, export_user, suspend_seller
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.services import adjust_stock
from catalog.tests.factories import ProductFactory, VariantFactory
from config.shared.models import EventRecord
from config.shared.registry import PRUNERS
from orders.models import Order
from orders.services import (
    accept_part,
    approve_return,
    cancel_order,
    cancel_part,
    mark_order_paid,
    reject_return,
    request_return,
    ship_part,
)
from payments.models import Payout
from payments.signals import payout_ended
from payments.tests.factories import place
from social import services
from social.integrity import verify
from social.letters import LETTERS, TO_SELLERS
from social.models import Follow, Kind, Notification, Post, Review
from social.services import notify, post_announcement, post_news
from social.tests.factories import NotificationFactory, ReviewFactory, delivered

pytestmark = pytest.mark.django_db


def kinds(user: Any) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_an_orders_way_is_told() -> None:
    buyer, variant = UserFactory(), VariantFactory()
    order = delivered(buyer, variant)

    assert kinds(buyer) == ["order.placed", "order.paid", "order.shipped", "order.delivered"]
    assert kinds(variant.seller.user) == ["order.placed", "order.paid"]
    part = order.parts.get()
    shipped = Notification.objects.get(kind="order.shipped")
    shipment = str(part.shipments.get().pk)
    assert shipped.data == {
        "order": str(order.pk),
        "number": order.number,
        "part": str(part.pk),
        "shipment": shipment,
    }
    for_seller = Notification.objects.filter(user=variant.seller.user).first()
    assert for_seller.data == {"order": str(order.pk), "number": order.number, "part": str(part.pk)}


def test_each_is_on_the_event_log_for_its_user_alone() -> None:
    buyer = UserFactory()
    order = place(buyer, VariantFactory())

    notice = Notification.objects.get(user=buyer)
    event = EventRecord.objects.filter(type="notification.created", audiences=[f"user:{buyer.pk}"]).get()
    data = {"order": str(order.pk), "number": order.number}
    assert event.stream == "notifications"
    assert event.data == {
        "notification": str(notice.pk),
        "kind": "order.placed",
        "about": data,
        "unread": 1,
    }


def test_a_cancelled_order_and_a_cancelled_part() -> None:
    buyer, first, second = UserFactory(), VariantFactory(), VariantFactory()
    order = place(buyer, first, second)
    mark_order_paid(order_id=order.pk)
    Notification.objects.all().delete()

    cancel_part(part_id=order.parts.get(seller=first.seller).pk, by=None, reason="broken")
    assert (kinds(buyer), kinds(first.seller.user), kinds(second.seller.user)) == (
        ["order.cancelled"],
        ["order.cancelled"],
        [],
    )

    Notification.objects.all().delete()
    cancel_part(part_id=order.parts.get(seller=second.seller).pk, by=None, reason="broken")
    assert kinds(buyer) == ["order.cancelled"]

    Notification.objects.all().delete()
    cancel_order(order_id=place(buyer, second).pk, by=None)
    assert kinds(buyer) == ["order.placed", "order.cancelled"]


def test_a_guest_has_mails_and_no_list() -> None:
    variant = VariantFactory()
    order = place(None, variant)
    mark_order_paid(order_id=order.pk)
    part = order.parts.get()
    accept_part(part_id=part.pk, by=None)
    ship_part(part_id=part.pk, by=None)

    told = Notification.objects.filter(user=None).order_by("pk")
    assert list(told.values_list("kind", "order", "is_listed")) == [
        (f"order.{step}", order.pk, False) for step in ("placed", "paid", "shipped")
    ]
    assert set(Notification.objects.exclude(user=None).values_list("user", flat=True)) == {
        variant.seller.user_id
    }


def test_reading(as_user: Any) -> None:
    user = UserFactory()
    first, second, third = (NotificationFactory(user=user) for _ in range(3))
    NotificationFactory()
    client = as_user(user)

    def ids(query: str = "") -> list[str]:
        return [row["id"] for row in client.get(f"/api/v1/notifications{query}").json()["results"]]

    assert ids() == [str(third.pk), str(second.pk), str(first.pk)]
    answer = client.post(f"/api/v1/notifications/{first.pk}/read")
    assert (answer.status_code, answer.json()["read"], answer.json()["kind"]) == (200, True, "order.paid")
    assert client.post(f"/api/v1/notifications/{first.pk}/read").json() == answer.json()
    assert ids("?unread=true") == [str(third.pk), str(second.pk)]
    assert ids("?unread=false") == [str(first.pk)]
    assert client.get("/api/v1/notifications?unread=yes").status_code == 400

    assert client.get("/api/v1/notifications?limit=1").json()["unread"] == 2
    assert client.post("/api/v1/notifications/read-all").json() == {"read": 2}
    assert client.post("/api/v1/notifications/read-all").json() == {"read": 0}
    frames = EventRecord.objects.filter(type="notification.read", audiences=[f"user:{user.pk}"])
    assert list(frames.order_by("pk").values_list("data", flat=True)) == [
        {"notification": str(first.pk), "unread": 2},
        {"notification": None, "unread": 0},
    ]
    assert ids("?unread=true") == []
    assert Notification.objects.unread().count() == 1


def test_anothers_notification_is_not_there(as_user: Any) -> None:
    notice = NotificationFactory()

    for stranger in (UserFactory(), AdminFactory()):
        assert as_user(stranger).post(f"/api/v1/notifications/{notice.pk}/read").status_code == 404
    notice.refresh_from_db()
    assert notice.read is False


def test_the_right_to_a_copy_and_to_be_forgotten() -> None:
    user, seller = UserFactory(), SellerFactory()
    services.follow(user=user, seller=seller)
    NotificationFactory(user=user)
    review = ReviewFactory(user=user, product=ProductFactory(), rating=4, body="Fine.")
    type(review.product).objects.filter(pk=review.product_id).update(rating_sum=4, rating_count=1)
    type(seller).objects.filter(pk=review.product.seller_id).update(rating_sum=4, rating_count=1)

    copy = export_user(user=user)["social"]
    assert [row["seller_id"] for row in copy["follows"]] == [seller.pk]
    assert [row["body"] for row in copy["reviews"]] == ["Fine."]
    assert len(copy["notifications"]) == 1

    erase_user(user=user)

    assert Follow.objects.count() == Notification.objects.filter(user=user).count() == 0
    seller.refresh_from_db()
    assert seller.followers_count == 0
    kept = Review.objects.get()
    assert (kept.user, kept.author, kept.rating) == (None, None, 4)
    assert list(verify()) == []


def test_verify_finds_a_wrong_count() -> None:
    SellerFactory(followers_count=3)

    assert [finding["kind"] for finding in verify()] == ["seller_followers_count"]


def test_a_returns_way_is_told_to_the_other_side() -> None:
    buyer, variant = UserFactory(), VariantFactory()
    order = delivered(buyer, variant)
    Notification.objects.all().delete()
    returned = request_return(
        order_id=order.pk, quantities={order.items.get().pk: 1}, reason="Too small.", by=None
    )
    assert (kinds(buyer), kinds(variant.seller.user)) == ([], ["return.requested"])
    approve_return(return_id=returned.pk, by=None)
    reject_return(return_id=returned.pk, by=None, reason="It is worn.")

    assert kinds(buyer) == ["return.approved", "return.rejected"]
    notice = Notification.objects.filter(user=buyer).first()
    named = {"order": str(order.pk), "number": order.number}
    assert notice.data == named | {"part": str(order.parts.get().pk), "return": str(returned.pk)}


def test_low_stock_is_told_once_by_a_job(run_jobs: Any) -> None:
    variant = VariantFactory(stock=10)
    level = variant.levels.get()
    type(level).objects.filter(pk=level.pk).update(low_stock_threshold=5)
    for _ in range(2):
        adjust_stock(variant=variant, location=None, delta=-4, reason="count", actor="user:1")
        run_jobs()
    adjust_stock(variant=variant, location=None, delta=-1, reason="count", actor="user:1")
    run_jobs()

    notice = Notification.objects.get(kind="stock.low")
    assert notice.user == variant.seller.user
    assert notice.data == {
        "product": str(variant.product_id),
        "variant": str(variant.pk),
        "location": str(level.location_id),
        "available": "2",
    }


def test_the_shops_fate_is_told() -> None:
    shop = SellerFactory(status="pending")
    approve_seller(seller_id=shop.pk)
    suspend_seller(seller_id=shop.pk)

    assert kinds(shop.user) == ["shop.approved", "shop.suspended"]


def test_a_payouts_end_is_told_to_the_shop(run_jobs: Any) -> None:
    shop = SellerFactory(user__email="shop@example.com", name="Volt")
    for status in (Payout.Status.PAID, Payout.Status.CANCELLED):
        payout = Payout(pk=7, seller=shop, amount=1799, currency="USD", status=status)
        payout_ended.send(sender=Payout, payout=payout)
    run_jobs()

    data = {"seller": str(shop.pk), "payout": "7", "amount": "17.99 USD"}
    told = Notification.objects.filter(user=shop.user).order_by("pk")
    assert [(row.kind, row.data) for row in told] == [("payout.paid", data), ("payout.failed", data)]
    assert mail.outbox[0].body.startswith("17.99 USD of your balance at Volt were paid out.")


def test_every_kind_has_its_letter() -> None:
    """A placeholder that nothing fills would be a dash in somebody's mail: the words of each are facts."""
    assert set(LETTERS) == set(Notification.Kind)
    words = {
        word
        for letter in (*LETTERS.values(), *TO_SELLERS.values())
        for text in (letter.subject, letter.text, letter.page)
        for _, word, _, _ in Formatter().parse(text)
        if word
    }
    assert words <= FACTS


FACTS = set(
    "number total part return amount status shop shop_slug product slug price products sku available variant rating title body".split()
)


def test_what_is_old_is_removed_but_no_mail_that_waits_and_no_memory_of_the_new(settings: Any) -> None:
    settings.NOTIFICATION_RETENTION = settings.FEED_RETENTION = timedelta(days=10)
    user, product = UserFactory(), VariantFactory().product
    rows = notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"order": "0"})] * 3)
    post_news(product=product, kind=Post.Kind.NEW)
    post_news(product=product, kind=Post.Kind.PRICE_DROP)
    fresh = post_announcement(seller=product.seller, title="We move", body="Soon.")
    Notification.objects.filter(pk=rows[0].pk).update(mail_due_at=None)
    Notification.objects.filter(pk__lte=rows[1].pk).update(created_at=timezone.now() - timedelta(days=11))
    Notification.objects.filter(pk=rows[2].pk).update(mail_due_at=None)
    Post.objects.exclude(pk=fresh.pk).update(created_at=timezone.now() - timedelta(days=11))

    removed = {name: PRUNERS[name]() for name in ("notifications", "posts")}

    assert removed == {"notifications": 1, "posts": 1}
    assert list(Notification.objects.order_by("pk")) == rows[1:]
    assert list(Post.objects.order_by("pk").values_list("kind", flat=True)) == [
        "product.new",
        "announcement.new",
    ]


def test_of_several_mails_of_a_kind_the_newest_is_sent_again() -> None:
    order = Order(user=UserFactory())
    old, new = (
        NotificationFactory(user=order.user, kind="order.refunded", data={"order": str(order.pk)})
        for _ in "12"
    )
    assert services.resend_mail(order=order, kind="order.refunded") == new
    old.refresh_from_db(), new.refresh_from_db()
    assert (old.mail_due_at, new.mail_due_at is not None) == (None, True)
