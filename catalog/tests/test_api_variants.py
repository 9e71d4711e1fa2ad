import pytest

from accounts.tests.factories import SellerFactory
from catalog.models import Product, Variant
from catalog.signals import prices_changed
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.verification import verify_stock
from config.shared.models import EventRecord
from config.shared.money import Money

pytestmark = pytest.mark.django_db
USD = {"amount": 1999, "currency": "USD"}


@pytest.fixture
def product():
    product = ProductFactory(option_names=["Size"])
    VariantFactory(product=product, sku="S", options={"Size": "S"}, price_amount=1000)
    return product


@pytest.fixture
def shop(as_user, product):
    return as_user(product.seller.user)


@pytest.fixture
def path(product):
    return f"/api/v1/products/{product.pk}/variants"


def test_create_read_and_list(api, shop, path, product):
    created = shop.post(path, {"sku": "M", "price": USD, "options": {"Size": "M"}, "stock": 2})
    assert created.status_code == 201, created.json()
    assert created.json()["available"] is True
    assert [row["sku"] for row in api.get(path).json()["results"]] == ["S", "M"]
    seen = api.get(f"{path}/{created.json()['id']}").json()
    assert created.json() == seen | {
        "regular_price": USD,
        "sale": None,
        "prices": [seen["prices"][0] | {"regular_price": USD, "sale": None}],
    }
    assert Product.objects.get().version == 2
    assert list(verify_stock()) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"sku": "S"}, 409, "sku_taken"),
        ({"options": {"Size": "S"}}, 409, "options_taken"),
        ({"options": {"Colour": "red"}}, 400, "invalid"),
        ({"options": {}}, 400, "invalid"),
        ({"price": {"amount": 5, "currency": "EUR"}}, 409, "currency_mismatch"),
        ({"price": None}, 400, "invalid"),
        ({"available": True, "seller": "1"}, 400, "invalid"),
    ],
)
def test_create_refuses(shop, path, change, status, code):
    response = shop.post(path, {"sku": "M", "price": USD, "options": {"Size": "M"}} | change)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Variant.objects.count() == 1


def test_a_price_change_is_told(shop, path):
    variant, heard = Variant.objects.get(), []
    prices_changed.connect(hear := lambda moves, **kwargs: heard.extend((one.old, one.new) for one in moves))

    response = shop.patch(
        f"{path}/{variant.pk}", {"price": USD, "compare_at_price": {"amount": 2500, "currency": "USD"}}
    )

    prices_changed.disconnect(hear)
    assert response.status_code == 200, response.json()
    assert heard == [(Money(1000, "USD"), Money(1999, "USD"))]
    assert EventRecord.objects.get(type="product.price_changed").data["price"] == USD
    product = Product.objects.get()
    assert (product.price_amount, product.compare_at_amount, product.is_on_sale) == (1999, 2500, True)


@pytest.mark.parametrize(
    "change",
    [
        {"stock": 5},
        {"price": {"amount": -5, "currency": "USD"}},
        {"sku": ""},
        {"sku": 5},
        {"is_available": True},
    ],
)
def test_patch_refuses(shop, path, change):
    before = list(Variant.objects.values())
    assert shop.patch(f"{path}/{before[0]['id']}", change).status_code == 400
    assert list(Variant.objects.values()) == before


def test_patch_to_anothers_sku_or_options_is_409(shop, path, product):
    other = VariantFactory(product=product, sku="M", options={"Size": "M"})
    taken = shop.patch(f"{path}/{other.pk}", {"sku": "S"})
    assert (taken.status_code, taken.json()["code"], taken.json()["sku"]) == (409, "sku_taken", "S")
    assert shop.patch(f"{path}/{other.pk}", {"options": {"Size": "S"}}).json()["code"] == "options_taken"
    assert shop.patch(f"/api/v1/products/{product.pk}", {"price": USD}).json()["code"] == "has_variants"


def test_an_only_variant_changes_options_and_currency(shop, path):
    variant = Variant.objects.get()
    change = {"options": {"Colour": "red", "Size": "L"}, "price": {"amount": 7, "currency": "EUR"}}
    assert shop.patch(f"{path}/{variant.pk}", change).json()["options"] == {"Colour": "red", "Size": "L"}
    product = Product.objects.get()
    assert (product.option_names, product.currency, product.price_amount) == (["Colour", "Size"], "EUR", 7)


def test_delete_takes_from_sale_and_frees_the_sku(api, shop, path, product):
    only = Variant.objects.get()
    assert shop.delete(f"{path}/{only.pk}").json()["code"] == "last_variant"
    second = VariantFactory(product=product, sku="M", options={"Size": "M"}, price_amount=5)

    assert shop.delete(f"{path}/{second.pk}").status_code == 204

    assert api.get(f"{path}/{second.pk}").status_code == 404
    assert Product.objects.get().price_amount == 1000
    assert not Variant.objects.for_sale().filter(pk=second.pk).exists()
    assert shop.post(path, {"sku": "M", "price": USD, "options": {"Size": "M"}}).status_code == 201
    assert list(verify_stock()) == []


def test_if_match_is_the_products(shop, path, product):
    tag = shop.get(f"/api/v1/products/{product.pk}").headers["ETag"]
    variant = Variant.objects.get()
    assert shop.patch(f"{path}/{variant.pk}", {"barcode": "1"}, headers={"If-Match": tag}).status_code == 200
    assert shop.patch(f"{path}/{variant.pk}", {"barcode": "2"}, headers={"If-Match": tag}).status_code == 412


def test_a_variant_of_another_product_is_404(shop, path):
    foreign = VariantFactory()
    assert shop.get(f"{path}/{foreign.pk}").status_code == 404
    assert shop.patch(f"{path}/{foreign.pk}", {"sku": "X"}).status_code == 404


def test_another_shop_may_not(as_user, path):
    variant = Variant.objects.get()
    other = as_user(SellerFactory().user)
    assert other.patch(f"{path}/{variant.pk}", {"sku": "X"}).status_code == 403
    assert Variant.objects.get().sku == "S"


def test_skus_are_texts_to_the_letter_and_are_found_in_any_case(api, shop, path):
    """A shop may have a `S` and a `s`, as its other systems may; whoever types one into the search finds both."""
    assert shop.post(path, {"sku": "s", "price": USD, "options": {"Size": "M"}}).status_code == 201
    refused = shop.post(path, {"sku": "s", "price": USD, "options": {"Size": "L"}}).json()
    assert (refused["code"], refused["sku"]) == ("sku_taken", "s")
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["S", "s"]
