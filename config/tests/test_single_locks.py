"""What else is locked, where one act locks one kind of rows: each lock is tried by the statement that is sent, rows or none."""

import io
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from accounts import slugs
from accounts.models import Seller
from accounts.services.step_up import confirm_totp
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.cache import touches
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.transfer.importing import import_file
from config.shared.errors import Problem
from config.tests.locks import locks_of
from orders.models import Order
from payments.services.payouts import lock_payout
from social.models import Notification
from social.services import broadcasts, mails, privacy, resending, reviews, talk, wishes

pytestmark = pytest.mark.django_db
NOTICES, LEVELS = "social_notification in order", "catalog_stocklevel in order"
ROWS = b"handle,title,price,currency,stock\nlamp,Lamp,12.00,USD,3\n"


def tried(act: Any, *given: Any, **named: Any) -> list[str]:
    """What it locks, be it that it finds nothing."""

    def call() -> None:
        with suppress(ObjectDoesNotExist, Problem):
            act(*given, **named)

    return locks_of(call)


def test_goods(as_user: Any) -> None:
    variant = VariantFactory()
    shop, level = as_user(variant.seller.user), {"low_stock_threshold": 4}
    change = lambda: shop.patch(f"/api/v1/inventory/{variant.pk}", level)  # noqa: E731
    assert locks_of(change)[0] == LEVELS
    assert tried(touches.settle) == ["catalog_cachetouch in order"]
    rename = lambda: shop.patch("/api/v1/sellers/me", {"description": "New"})  # noqa: E731
    assert locks_of(rename)[0] == "accounts_seller"
    assert tried(slugs.lock, ["lamp"]) == ["advisory"]


def test_an_import(settings: Any) -> None:
    seller = SellerFactory()
    rest: dict[str, Any] = {"seller": seller, "filename": "goods.csv", "dry_run": False, "actor": "user:1"}
    once = lambda: import_file(file=io.BytesIO(ROWS), watch=lambda job: None, **rest)  # noqa: E731
    job = "catalog_productimport"
    assert locks_of(once)[:2] == [job, job]
    again = locks_of(once)
    assert {LEVELS, "catalog_product in order", "catalog_location in order"} <= {*again}


def test_money_and_people() -> None:
    assert tried(lock_payout, 0) == ["payments_payout"]
    assert (
        tried(confirm_totp, user=UserFactory(), code="000000", session_id="")[0]
        == "otp_totp_totpdevice in order"
    )


def test_what_customers_write() -> None:
    user, product = UserFactory(), ProductFactory()
    seller = product.seller
    assert tried(broadcasts.gather, seller.pk, [0]) == ["social_post in order"]
    assert tried(broadcasts.tell_batch, 0) == ["social_broadcast"]
    assert tried(mails.take)[0] == NOTICES
    assert tried(mails.renew, [SimpleNamespace(rows=[Notification(pk=0)])]) == [NOTICES]
    assert tried(resending.resend_mail, order=Order(user=user), kind="x") == [NOTICES]
    assert tried(reviews.lock_review, 0) == ["social_review in order"]
    assert tried(privacy.erase_user, user)[0] == "social_follow in order"
    question, shop = (
        SimpleNamespace(pk=0, product=product),
        SimpleNamespace(is_seller=True, seller_id=seller.pk),
    )
    assert tried(talk.answer, question=question, actor=shop, body="Yes") == ["social_question"]
    assert "social_wishlist" in tried(wishes.add_wish, user=user, product=product)
    assert tried(wishes.alert_some, product.pk)[0] == "social_watch in order"
    assert Seller.objects.get() == seller
