"""Prices in several currencies: written, shown, filtered, sorted, in carts, in files, in the history."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import PriceChange, Product, ProductPrice, Variant, VariantPrice
from catalog.services.currencies import FurtherPrice, replace_prices
from catalog.services.refreshing import refresh_products
from catalog.services.sales import Sale, flip_sales
from catalog.tests.factories import ProductFactory, VariantFactory, offer
from catalog.tests.files import run
from catalog.transfer.exporting import export_csv
from catalog.verification import verify_stock
from config.shared.models import EventRecord
from config.shared.money import Money

pytestmark = pytest.mark.django_db
LIST = "/api/v1/products"
CART = "/api/v1/cart/items"


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def eur(amount):
    return {"amount": amount, "currency": "EUR"}


def price_in(variant, money, **more):
    """A further price, beside those that there are."""
    further = [FurtherPrice(price=row.regular_price) for row in variant.prices.all()]
    replace_prices(variant, [*further, FurtherPrice(price=money, **more)])
    refresh_products([variant.product])
    return variant


@pytest.fixture
def kettle(seller):
    return VariantFactory(product=ProductFactory(seller=seller, slug="kettle"), price_amount=1999)


def test_written_read_changed_and_taken_back(api, shop, seller):
    body = {"title": "Lamp", "sku": "L", "price": usd(1000), "stock": 1}
    body |= {"prices": [{"price": usd(1000)}, {"price": eur(900), "compare_at_price": eur(1200)}]}
    made = shop.post(LIST, body)
    assert made.status_code == 201, made.json()
    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.price.as_json(), product.currencies) == (usd(1000), ["EUR"])
    assert ProductPrice.objects.get().price == Money(900, "EUR")
    assert list(verify_stock()) == []

    shown = api.get(f"{LIST}/{product.pk}?currency=EUR").json()
    assert (shown["price"], shown["compare_at_price"]) == (eur(900), eur(1200))
    assert (shown["variants"][0]["price"], len(shown["variants"][0]["prices"])) == (eur(900), 2)
    own = api.get(f"{LIST}/{product.pk}").json()
    assert (own["price"], own["variants"][0]["price"]) == (usd(1000), usd(1000))
    assert api.get(f"{LIST}/{product.pk}?currency=GBP").json()["price"] == usd(1000)

    path = f"{LIST}/{product.pk}/variants/{variant.pk}"
    changed = shop.patch(
        path, {"prices": [{"price": eur(800)}, {"price": {"amount": 700, "currency": "GBP"}}]}
    )
    assert [row["regular_price"] for row in changed.json()["prices"]] == [
        usd(1000),
        eur(800),
        {"amount": 700, "currency": "GBP"},
    ]
    assert EventRecord.objects.get(type="product.price_changed").data["price"] == eur(800)
    assert shop.patch(path, {"prices": []}).status_code == 200
    product.refresh_from_db()
    assert (product.currencies, VariantPrice.objects.count(), ProductPrice.objects.count()) == ([], 0, 0)
    assert list(verify_stock()) == []
    history = shop.get(f"{path}/price-history?sort=id").json()["results"]
    assert [(row["currency"], row["price"] and row["price"]["amount"]) for row in history] == [
        ("USD", 1000), ("EUR", 900), ("GBP", 700), ("EUR", 800), ("EUR", None), ("GBP", None),
    ]  # fmt: skip
    assert {row["actor"] for row in history} == {f"user:{seller.user_id}"}


@pytest.mark.parametrize(
    ("prices", "pointer"),
    [
        ([{"price": usd(5)}], "/prices/0/price"),
        ([{"price": eur(5)}, {"price": eur(6)}], "/prices/1/price"),
        ([{"price": {"amount": 5, "currency": "XXX"}}], "/prices/0/price"),
        ([{"price": eur(5), "compare_at_price": usd(9)}], "/prices/0/compare_at_price"),
        ([{"price": eur(-5)}], "/prices/0/price"),
    ],
)
def test_refused(shop, kettle, prices, pointer):
    answer = shop.patch(f"{LIST}/kettle/variants/{kettle.pk}", {"prices": prices})
    assert answer.status_code == 400, answer.json()
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert VariantPrice.objects.count() == 0


def test_listed_in_the_currency_that_is_asked_for(api):
    """Own prices and further ones are one order; who has none comes last and fails price filters."""
    euros, dollars = offer("Own euros", currency="EUR", price_amount=1500), offer("Dollars", price_amount=10)
    for title, own, further in (("One", 5000, 1000), ("Two", 10, 2000), ("Three", 4000, 500)):
        price_in(offer(title, price_amount=own).variants.get(), Money(further, "EUR"))

    def seen(query):
        found = api.get(f"{LIST}?currency=EUR&{query}").json()
        return [(row["title"], row["price"]["amount"]) for row in found["results"]], found

    rising = [("Three", 500), ("One", 1000), ("Own euros", 1500), ("Two", 2000), ("Dollars", 10)]
    assert seen("sort=price")[0] == rising
    assert seen("sort=-price")[0] == [*rising[3::-1], rising[4]]
    assert seen("sort=price&price_min=1000&price_max=1500")[0] == rising[1:3]
    assert dict(seen("price_max=999")[0]) == {"Three": 500}
    page, walked, back = f"{LIST}?currency=EUR&sort=price&limit=2", [], []
    while page:
        answer = api.get(page).json()
        walked += [row["title"] for row in answer["results"]]
        last, page = answer, answer["next"]
    while last["previous"]:
        last = api.get(last["previous"]).json()
        back = [row["title"] for row in last["results"]] + back
    assert walked == [title for title, _ in rising]
    assert back == walked[:4]
    facet = seen("facets=price")[1]["facets"]["price"]["values"]
    assert [(value["min"], value["count"]) for value in facet] == [(500, 1), (1000, 2), (2000, 1)]
    assert dict(seen("q=euros")[0]) == {"Own euros": 1500}
    assert {euros.pk, dollars.pk} <= set(Product.objects.filter(currencies=[]).values_list("pk", flat=True))


def test_a_sale_of_one_currency_runs_by_the_clock(api, kettle):
    sale = {"price": Money(700, "EUR"), "starts_at": timezone.now() + timedelta(hours=1)}

    price_in(kettle, Money(1000, "EUR"), sale=Sale(**sale))
    assert flip_sales() == 0
    VariantPrice.objects.update(sale_from=timezone.now() - timedelta(hours=1))
    assert Variant.objects.for_sale().get().offer_in("EUR").price.amount == 700  # what is charged
    assert flip_sales() == 1
    assert api.get(f"{LIST}/kettle?currency=EUR").json()["compare_at_price"] == eur(1000)
    shown = api.get(f"{LIST}?currency=EUR").json()["results"][0]
    assert (shown["price"], shown["lowest_price_30_days"]) == (eur(700), eur(1000))
    assert Product.objects.get().price.as_json() == usd(1999)


def test_the_variants_own_price_wins(shop, kettle):
    price_in(kettle, Money(1000, "EUR"))
    assert shop.patch(f"{LIST}/kettle/variants/{kettle.pk}", {"price": eur(1100)}).status_code == 200
    product = Product.objects.get()
    assert (product.price.as_json(), product.currencies) == (eur(1100), [])
    assert VariantPrice.objects.count() == 0


def test_a_cart_takes_its_first_lines_currency(api, as_user, seller, kettle):
    price_in(kettle, Money(1000, "EUR"))
    lamp = VariantFactory(product=ProductFactory(seller=seller), price_amount=300)
    first = api.post(CART, {"variant": str(kettle.pk), "quantity": 2, "currency": "EUR"})
    assert first.status_code == 201, first.json()
    assert (first.json()["currency"], first.json()["subtotal"]) == ("EUR", eur(2000))
    guest = {"HTTP_CART_TOKEN": first.headers["Cart-Token"]}

    refused = api.post(CART, {"variant": str(lamp.pk), "quantity": 1}, **guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "currency_mismatch")
    price_in(lamp, Money(250, "EUR"))
    assert api.post(CART, {"variant": str(lamp.pk), "quantity": 1}, **guest).json()["subtotal"] == eur(2250)
    refused = api.post(CART, {"variant": str(lamp.pk), "quantity": 1, "currency": "USD"}, **guest)
    assert (refused.status_code, refused.json()["code"]) == (409, "currency_mismatch")

    refused = api.post(CART, {"variant": str(lamp.pk), "quantity": 1, "currency": "GBP"}).json()
    assert (refused["cart"], refused["variant"]) == ("GBP", "USD")

    replace_prices(lamp, [FurtherPrice(price=Money(260, "EUR"))])
    cart = api.get("/api/v1/cart", **guest).json()
    assert (cart["subtotal"], cart["changes"][0]["kind"]) == (eur(2260), "price_changed")
    replace_prices(lamp, [])
    assert api.get("/api/v1/cart", **guest).json()["changes"][0]["kind"] == "unavailable"
    assert api.post(CART, {"variant": str(lamp.pk), "quantity": 1}).json()["subtotal"] == usd(300)


def test_bulk_prices_of_another_currency_stand_beside(shop, kettle):
    rows = [{"variant": str(kettle.pk), "price": money} for money in (eur(1500), usd(1800), eur(1))]
    answer = shop.post("/api/v1/variants/prices", {"items": rows}).json()
    assert [row.get("code", row["status"]) for row in answer["results"]] == [
        "updated",
        "updated",
        "duplicate",
    ]
    product = Product.objects.get()
    assert (product.price.as_json(), product.currencies, product.version) == (usd(1800), ["EUR"], 2)
    again = shop.post("/api/v1/variants/prices", {"items": rows[:2]}).json()
    assert (again["unchanged"], PriceChange.objects.count()) == (2, 3)


def test_files_carry_them(seller):
    file = "handle,title,sku,price,currency,stock,price_eur,compare_at_price_eur,price_usd\nlamp,Lamp,L,10.00,USD,1,9.00,12.00,\nbowl,Bowl,B,5.00,USD,1,,,\n"
    assert run(seller, file).created_count == 2
    row = VariantPrice.objects.get()
    assert (row.regular_price, row.compare_at_price) == (Money(900, "EUR"), Money(1200, "EUR"))
    exported = "".join(export_csv(seller_id=seller.pk, format_="souk"))
    assert exported.splitlines()[0].endswith("price_eur,compare_at_price_eur")
    before = list(PriceChange.objects.values())
    again = run(seller, exported)
    assert (again.unchanged_count, again.errors, list(PriceChange.objects.values())) == (2, [], before)

    assert (
        run(seller, file.replace("9.00,12.00", ",").replace("5.00,USD,1,,", "5.00,USD,1,4.50,")).updated_count
        == 2
    )
    assert str(VariantPrice.objects.get().variant) == "B"
    wrong = run(seller, file.replace("9.00,12.00,", "x,,9.99"))
    assert [(one["column"], one["code"]) for one in wrong.errors] == [("price_eur", "invalid_price")]
