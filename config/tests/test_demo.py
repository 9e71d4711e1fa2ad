"""`manage.py demo`: loaded once for a class of tests, in a transaction that is rolled back."""

import io
from collections import Counter
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from accounts.models import Seller, User
from accounts.tests.factories import UserFactory
from catalog.models import Brand, Category, Product, StockLevel, Variant
from config.demo import load, pictures
from config.demo.clock import Clock
from config.demo.data import PASSWORD
from config.demo.drawing import canvas, draw_picture
from config.demo.drawing.pen import PALETTE
from config.demo.goods import GOODS
from config.demo.history import ORDERS
from config.demo.past import FATES
from config.management.commands import demo
from config.shared.models import EventRecord
from config.shared.registry import VERIFIERS
from orders.models import Cart, Coupon, Order, OrderEvent, Return, ShippingMethod, TaxRate
from payments.models import Payment, Refund
from social.models import (
    AlsoBought,
    Answer,
    Follow,
    Message,
    Notification,
    Post,
    Question,
    Review,
    ReviewVote,
    Watch,
    WishlistItem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LOGINS = ["admin", "seller", "seller2", "customer", "customer2"]


def run(**options):
    output = io.StringIO()
    call_command("demo", stdout=output, **options)
    return output.getvalue()


def plain(**wanted):
    return Image.new("RGB", (8, 8))


@pytest.fixture(scope="class")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """What the command printed. The pictures are small and plain here."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"), EMBEDDED_POSTGRES=True)
    drawing = patch.object(pictures, "draw_picture", plain)
    with django_db_blocker.unblock(), media, drawing, transaction.atomic():
        yield run()
        transaction.set_rollback(True)


@pytest.fixture
def client_of(as_user):
    return lambda name: as_user(User.objects.get(email=f"{name}@souk.test"))


class TestMarketplace:
    """What is there once it is loaded."""

    def test_every_invariant_holds(self, loaded):
        assert {"orders", "payments", "social", "stock"} <= set(VERIFIERS)
        assert [problem for verify in VERIFIERS.values() for problem in verify()] == []

    @pytest.mark.parametrize("name", LOGINS)
    def test_the_accounts_log_in(self, loaded, api, name):
        answer = api.post("/api/v1/auth/token", {"email": f"{name}@souk.test", "password": PASSWORD})
        assert answer.status_code == 200
        assert f"{name}@souk.test" in loaded

    def test_nobody_else_can_log_in(self, loaded):
        others = User.objects.exclude(email__endswith="@souk.test")
        assert others.exists()
        assert not any(user.has_usable_password() for user in others)

    def test_shops_and_shelves(self, loaded):
        shops = Seller.objects.public()
        assert shops.count() == 5
        owned = set(shops.values_list("user__email", flat=True))
        assert {"seller@souk.test", "seller2@souk.test"} <= owned
        assert Seller.objects.get(status="pending").name == "Bramble Toys"
        assert Product.objects.public().count() == 62
        assert Counter(Product.objects.values_list("status", flat=True)) == {
            "active": 62,
            "draft": 1,
            "archived": 1,
        }
        assert len(set(Product.objects.values_list("created_at", flat=True))) == 64
        assert Brand.objects.count() == 15
        assert max(category.depth for category in Category.objects.all()) == 3
        assert all(ShippingMethod.objects.filter(seller=shop).count() == 2 for shop in shops)

    def test_prices_and_stock_are_of_every_kind(self, loaded):
        levels = StockLevel.objects.filter(location__name="Main")
        assert (levels.filter(on_hand=0).exists(), levels.filter(on_hand__range=(1, 5)).exists()) == (
            True,
            True,
        )
        assert not StockLevel.objects.filter(on_hand__gt=60).exists()
        assert Product.objects.filter(is_available=False, status="active").exists()
        assert Product.objects.filter(is_on_sale=True).count() >= 10
        several = [product for product in Product.objects.all() if product.variants.count() > 1]
        assert len(several) >= 20
        assert set(Variant.objects.values_list("currency", flat=True)) == {"USD"}

    def test_rules_of_buying(self, loaded):
        rates = {
            (rate.country, rate.region, str(rate.rate), rate.inclusive) for rate in TaxRate.objects.all()
        }
        assert ("DE", "", "0.190000", True) in rates
        assert ("US", "CA", "0.072500", False) in rates
        now = timezone.now()
        kinds = Counter(coupon.kind for coupon in Coupon.objects.all() if coupon.is_current(now))
        assert kinds == {"percent": 2, "fixed": 2, "free_shipping": 1}
        assert Coupon.objects.get(ends_at__lt=now).code == "SPRING25"
        assert Coupon.objects.get(code="WELCOME10").used_count > 0

    def test_every_product_has_a_picture_of_each_colour(self, loaded):
        assert not Product.objects.filter(images=None).exists()
        mug = Product.objects.get(handle="stoneware-mug")
        assert [image.alt for image in mug.images.all()] == [
            f"Stoneware Mug, {one}" for one in ("sky", "sand", "moss")
        ]

    def test_orders_of_every_fate(self, loaded):
        assert {past.fate for past in ORDERS} == set(FATES)
        assert Order.objects.count() == len(ORDERS) == 30
        assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status)
        assert set(Order.objects.values_list("refund_status", flat=True)) == set(Order.RefundStatus)

    def test_goods_came_back_and_a_seller_has_a_return_to_decide_on(self, loaded):
        returned, asked = Return.objects.order_by("created_at")
        assert (returned.status, asked.status) == ("received", "requested")
        refund = Refund.objects.get(payment__order=returned.order)
        assert refund.amount == returned.refund_amount > 0
        assert (
            returned.created_at
            < returned.decided_at
            < returned.received_at
            < refund.created_at + timedelta(hours=1)
        )

    def test_nothing_was_paid_through_stripe(self, loaded):
        assert set(Payment.objects.values_list("provider", flat=True)) == {"manual"}
        assert not Refund.objects.exclude(status="succeeded").exists()

    def test_the_past_is_in_order(self, loaded):
        now = timezone.now()
        for order in Order.objects.prefetch_related("events", "items__product", "payments"):
            times = list(order.events.order_by("pk").values_list("created_at", flat=True))
            assert times == sorted(times)
            assert order.created_at <= times[0] <= order.created_at + timedelta(minutes=1)
            assert times[-1] < now
            assert order.paid_at is None or order.created_at < order.paid_at < now
            assert all(item.product.created_at < order.created_at for item in order.items.all())
            assert all(payment.created_at > order.created_at for payment in order.payments.all())
        oldest, newest = (
            Order.objects.order_by(order)[0].created_at for order in ("created_at", "-created_at")
        )
        assert timedelta(days=55) < now - oldest < timedelta(days=60)
        assert now - newest < timedelta(days=1)

    @pytest.mark.parametrize(
        ("model", "column"),
        [
            (OrderEvent, "created_at"),
            (EventRecord, "at"),
            (Notification, "created_at"),
            (Review, "created_at"),
        ],
    )
    def test_rows_were_written_in_the_order_of_their_dates(self, loaded, model, column):
        """Lists go by date, the event log by number: they tell the same story."""
        rows = list(model.objects.order_by("pk").values_list("pk", column))
        dates = [date for _, date in rows if date < timezone.now() - timedelta(minutes=10)]
        assert dates == sorted(dates)

    def test_unpaid_orders_keep_their_stock(self, loaded):
        waiting = Order.objects.filter(status="pending_payment", stock="held")
        assert waiting.count() == 2
        assert all(order.hold_expires_at > timezone.now() + timedelta(days=1) for order in waiting)

    def test_reviews_follows_and_notifications(self, loaded):
        assert Review.objects.count() == 20
        assert set(Review.objects.values_list("rating", flat=True)) == {3, 4, 5}
        assert not Review.objects.filter(product__seller__user=F("user")).exists()
        assert Follow.objects.filter(seller__isnull=False).exists()
        assert Follow.objects.filter(brand__isnull=False).exists()
        kinds = set(Notification.objects.values_list("kind", flat=True))
        assert kinds >= {"order.placed", "order.refunded", "follower.new", "review.new", "product.new"}
        assert not Notification.objects.exclude(mail_due_at=None).exists()
        for model in (WishlistItem, Watch, Question, Answer, Message, ReviewVote, AlsoBought):
            assert model.objects.exists(), model
        assert Post.objects.filter(kind="announcement.new").count() == 2
        for name in ("seller", "customer"):
            told = Notification.objects.filter(user__email=f"{name}@souk.test")
            assert (told.unread().exists(), told.exclude(read_at=None).exists()) == (True, True)

    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("customer", "orders"),
            ("customer", "notifications"),
            ("customer", "follow"),
            ("customer", "feed"),
            ("customer", "me/addresses"),
            ("customer2", "orders"),
            ("seller", "orders/seller"),
            ("seller", "products/my"),
            ("seller", "inventory"),
            ("seller", "coupons"),
            ("seller2", "orders/seller"),
            ("seller2", "notifications"),
            ("admin", "admin/orders"),
            ("admin", "admin/sellers?status=pending"),
            ("admin", "admin/users"),
            ("admin", "admin/coupons"),
        ],
    )
    def test_every_screen_has_something_to_show(self, loaded, client_of, name, path):
        answer = client_of(name).get(f"/api/v1/{path}")
        assert answer.status_code == 200
        assert answer.json()["results"]

    def test_the_customer_has_a_cart(self, loaded, client_of):
        cart = client_of("customer").get("/api/v1/cart").json()
        assert len(cart["items"]) == 3
        assert cart["discount_total"]["amount"] > 0
        assert Cart.objects.count() >= 1


# --- When it is loaded ------------------------------------------------------------------------------------


@pytest.fixture
def forbidden(monkeypatch):
    def fail(**options):
        pytest.fail("nothing may be loaded")

    monkeypatch.setattr(demo, "load", fail)


def test_a_foreign_database_is_refused(settings, forbidden):
    settings.EMBEDDED_POSTGRES = False
    for options in ({}, {"if_empty": True}):
        with pytest.raises(CommandError, match=r"not the embedded one.*--force") as refusal:
            run(**options)
        assert refusal.value.returncode == 1


def test_force_loads_into_a_foreign_database(settings, monkeypatch):
    settings.EMBEDDED_POSTGRES = False
    calls = []
    monkeypatch.setattr(demo, "load", lambda **options: calls.append(options))
    run(force=True)
    assert len(calls) == 1


def test_a_full_database_is_refused(settings):
    settings.EMBEDDED_POSTGRES = True
    UserFactory()
    with pytest.raises(CommandError, match="has users already"):
        run()
    assert User.objects.count() == 1


def test_if_empty_leaves_a_full_database_alone(settings, forbidden):
    settings.EMBEDDED_POSTGRES = True
    UserFactory()
    assert run(if_empty=True) == ""


def test_another_load_that_was_faster_is_no_failure_of_if_empty(settings, monkeypatch):
    def too_late(**options):
        raise load.NotEmpty

    settings.EMBEDDED_POSTGRES = True
    monkeypatch.setattr(demo, "load", too_late)
    assert run(if_empty=True) == ""


def test_a_load_that_fails_leaves_nothing(settings, monkeypatch):
    def fail(self, cart):
        raise KeyboardInterrupt

    settings.EMBEDDED_POSTGRES = True
    monkeypatch.setattr(load, "ORDERS", ORDERS[:3])
    monkeypatch.setattr(load, "REVIEWS", [])
    monkeypatch.setattr(load.Talk, "steps", lambda self: [])
    monkeypatch.setattr(load.Market, "hang", fail)
    monkeypatch.setattr(pictures, "draw_picture", plain)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert User.objects.count() == Product.objects.count() == EventRecord.objects.count() == 0
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


# --- The data ---------------------------------------------------------------------------------------------


def test_the_tables_are_consistent():
    keys = [good.key for good in GOODS]
    assert len(set(keys)) == len(keys) == 64
    assert {good.picture[0] for good in GOODS} == set(canvas.SHAPES)
    assert all(colour in PALETTE for good in GOODS for colour in pictures.colours_of(good))
    assert all(150 > len(good.text.split()) > 12 for good in GOODS)


def test_a_picture_is_stored_in_every_size():
    picture, names = pictures.make(GOODS[0], "cream")
    assert picture.size == (800, 800)
    sizes = {size: Image.open(default_storage.open(name)).size for size, name in names.items()}
    assert sizes == {"full": (800, 800), "large": (800, 800), "medium": (480, 480), "small": (160, 160)}


def test_every_good_can_be_drawn():
    for good in GOODS:
        picture = draw_picture(
            shape=good.picture[0],
            colour=good.picture[1],
            department=good.path.split("/")[0],
            brand=good.brand,
            title=good.title,
        )
        assert len(picture.getcolors(1_000_000)) > 100


def test_a_step_of_the_present_is_no_past():
    clock = Clock()
    with pytest.raises(ValueError, match="no past"), clock.dated(timezone.now()):
        pass
