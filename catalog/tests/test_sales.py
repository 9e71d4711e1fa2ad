"""Sales by the clock, the lowest price of the thirty days before a reduction, the history of prices."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.tests.factories import AdminFactory, SellerFactory
from catalog.models import PriceChange, Product, Variant
from catalog.services.sales import flip_sales
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.tests.files import run
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


@pytest.fixture
def kettle(seller):
    return VariantFactory(product=ProductFactory(seller=seller, slug="kettle"))


@pytest.fixture
def path(kettle):
    return f"/api/v1/products/kettle/variants/{kettle.pk}"


def sale(amount, starts=-HOUR, ends=HOUR):
    now = timezone.now()
    return {
        "price": usd(amount),
        "starts_at": (now + starts).isoformat(),
        "ends_at": (now + ends).isoformat(),
    }


def let_time_pass(variant, **by):
    """The sale lies back by this, as if the clock had gone on."""
    row = Variant.objects.get(pk=variant.pk)
    later = {name: getattr(row, name) - timedelta(**by) for name in ("sale_from", "sale_until")}
    Variant.objects.filter(pk=variant.pk).update(**later)


def test_a_sale_begins_and_ends_by_the_clock(api, shop, kettle, path):
    told = shop.patch(path, {"sale": sale(1500, HOUR, 2 * HOUR)}).json()
    assert (told["price"], told["sale"]["price"], told["regular_price"]) == (usd(1999), usd(1500), usd(1999))
    shown = api.get(path).json()
    assert (shown["price"], shown["sale_ends_at"]) == (usd(1999), None)
    assert "sale" not in shown and "regular_price" not in shown

    let_time_pass(kettle, minutes=61)
    assert Variant.objects.for_sale().get(pk=kettle.pk).price.amount == 1500  # what is charged
    assert Product.objects.get().price_amount == 1999  # what is shown
    assert (flip_sales(), flip_sales()) == (1, 0)
    product = api.get("/api/v1/products/kettle").json()
    assert (product["price"], product["compare_at_price"]) == (usd(1500), usd(1999))
    assert [
        row["id"] for row in api.get("/api/v1/products?on_sale=true&price_max=1500").json()["results"]
    ] == [product["id"]]

    let_time_pass(kettle, minutes=60)
    assert Variant.objects.for_sale().get(pk=kettle.pk).price.amount == 1999
    assert (flip_sales(), flip_sales()) == (1, 0)
    product = api.get("/api/v1/products/kettle").json()
    assert (product["price"], product["compare_at_price"]) == (usd(1999), None)
    events = EventRecord.objects.filter(type="product.price_changed").order_by("pk")
    assert [(e.data["previous"]["amount"], e.data["price"]["amount"]) for e in events] == [
        (1999, 1500),
        (1500, 1999),
    ]
    assert list(verify_stock()) == []


def test_a_sale_that_nobody_saw_is_over(kettle):
    now = timezone.now()
    times = {"sale_from": now - 2 * HOUR, "sale_until": now - HOUR}
    Variant.objects.filter(pk=kettle.pk).update(sale_amount=1, **times)
    assert Variant.objects.for_sale().get().price.amount == 1999
    flip_sales()
    kettle.refresh_from_db()
    assert (kettle.sale_amount, kettle.is_sale_running, PriceChange.objects.count()) == (None, False, 1)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"price": usd(1999)}, "not_reduced"),
        ({"price": {"amount": 5, "currency": "EUR"}}, "currency_mismatch"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "out_of_order"),
        ({"ends_at": "soon"}, "invalid"),
        ({"until": 1}, "unknown_field"),
    ],
)
def test_bad_sales_are_refused(shop, kettle, path, wrong, code):
    answer = shop.patch(path, {"sale": sale(1500) | wrong})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert Variant.objects.get().sale_amount is None


def test_a_price_at_or_below_the_sale_ends_it(shop, seller, kettle, path):
    assert shop.patch(path, {"sale": sale(1500)}).json()["price"] == usd(1500)
    assert shop.patch(path, {"price": usd(1600)}).json()["price"] == usd(1500)
    told = shop.patch(path, {"price": usd(1500)}).json()
    assert (told["price"], told["sale"], told["compare_at_price"]) == (usd(1500), None, None)

    shop.patch(path, {"sale": sale(1000)})
    rows = [{"variant": str(kettle.pk), "price": usd(900)}]
    assert shop.post("/api/v1/variants/prices", {"items": rows}).json()["updated"] == 1
    assert Variant.objects.get().sale_amount is None
    shop.patch(path, {"sale": sale(500)})
    assert shop.patch(path, {"sale": None}).json()["price"] == usd(900)
    assert Product.objects.get().price_amount == 900
    assert list(verify_stock()) == []


def test_files_hold_the_regular_price(seller, shop, kettle, path):
    shop.patch(path, {"sale": sale(1500)})
    text = f"handle,title,sku,price,currency\nkettle,{kettle.product.title},{kettle.sku},19.99,USD\n"
    assert run(seller, text).unchanged_count == 1
    assert run(seller, text.replace("19.99", "18.99")).updated_count == 1
    kettle.refresh_from_db()
    assert (kettle.shown_price.amount, kettle.price_amount) == (1500, 1899)


def happened(days_ago):
    """The price that began last began so long ago."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        last = PriceChange.objects.latest("pk").pk
        PriceChange.objects.filter(pk=last).update(at=timezone.now() - timedelta(days=days_ago))
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_the_lowest_price_of_the_thirty_days_before_a_reduction(api, shop, kettle, path):
    happened(90)
    shop.patch(path, {"price": usd(1200)})
    happened(60)
    shop.patch(path, {"price": usd(2500)})
    happened(40)
    shop.patch(path, {"price": usd(2100)})
    happened(20)
    told = shop.patch(path, {"price": usd(1800), "compare_at_price": usd(2500)}).json()
    assert told["lowest_price_30_days"] == usd(2100)  # 12.00 was over before; 25.00 and 21.00 were in force
    row = api.get("/api/v1/products").json()["results"][0]
    assert (row["price"], row["lowest_price_30_days"]) == (usd(1800), usd(2100))

    told = shop.patch(path, {"compare_at_price": usd(2600)}).json()
    assert told["lowest_price_30_days"] == usd(2100)  # the reduction is the same
    told = shop.patch(path, {"price": usd(1900)}).json()
    assert told["lowest_price_30_days"] == usd(1800)  # a new one, and 18.00 was asked a moment ago
    assert shop.patch(path, {"compare_at_price": None}).json()["lowest_price_30_days"] is None


def test_history_for_the_owner(as_user, shop, kettle, path):
    shop.patch(path, {"price": usd(1200)})
    shop.patch(path, {"sale": sale(1000)})
    rows = shop.get(f"{path}/price-history").json()["results"]
    assert [(row["price"]["amount"], row["sale"]) for row in rows] == [
        (1000, True),
        (1200, False),
        (1999, False),
    ]
    assert rows[0]["compare_at_price"] == usd(1200)
    assert as_user(SellerFactory().user).get(f"{path}/price-history").status_code == 403
    assert len(as_user(AdminFactory()).get(f"{path}/price-history").json()["results"]) == 3
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PriceChange.objects.update(amount=1)
