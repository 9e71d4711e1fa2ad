"""Files of products in other currencies than the shop's, with and without a column that says so."""

import pytest

from accounts.tests.factories import SellerFactory
from catalog.models import Product, Variant, VariantPrice
from catalog.tests.files import run
from catalog.tests.test_transfer import counts, snapshot
from catalog.transfer import staging
from catalog.transfer.exporting import export_csv
from config.shared.money import Money

pytestmark = pytest.mark.django_db
FOREIGN = """handle,title,sku,price,currency,compare_at_price,stock,price_eur,price_kwd
vase,Vase,V,5000,JPY,6000,1,31.50,10.125
bowl,Bowl,B,1.234,KWD,,1,,
"""


@pytest.fixture
def seller():
    return SellerFactory(slug="mill")


@pytest.mark.parametrize("format_", ["souk", "shopify", "souk without its currency"])
def test_round_trip_in_any_currency(seller, format_):
    """A file that names no currency is read in the product's own; prices in others, which it lacks, stay."""
    assert counts(run(seller, FOREIGN)) == (2, 0, 0, 0)
    exported = "".join(export_csv(seller_id=seller.pk, format_=format_.split()[0]))
    if format_.endswith("currency"):
        exported = exported.replace(",JPY,", ",,").replace(",KWD,", ",,").replace(",currency,", ",other,")
    before = snapshot(), list(VariantPrice.objects.order_by("pk").values())

    job = run(seller, exported)

    assert (job.errors, counts(job)) == ([], (0, 0, 2, 0))
    assert (snapshot(), list(VariantPrice.objects.order_by("pk").values())) == before
    assert counts(run(seller, exported.replace("5000", "5100"))) == (0, 1, 1, 0)
    vase = Variant.objects.get(sku="V")
    assert (vase.price, vase.prices.count()) == (Money(5100, "JPY"), 2)


def test_without_a_currency_new_products_are_of_the_shops_and_new_variants_of_their_products(seller):
    run(seller, FOREIGN)
    Variant.objects.filter(sku="V").update(options={"Size": "S"})
    Product.objects.filter(handle="vase").update(option_names=["Size"])
    text = "handle,title,sku,price,option1_name,option1_value\nvase,Vase,V,5000,Size,S\nvase,,V2,7000,,L\ncup,Cup,C,5,,\n"

    assert counts(run(seller, text)) == (1, 1, 0, 0)

    assert Variant.objects.get(sku="V2").price == Money(7000, "JPY")
    assert Variant.objects.get(sku="C").price == Money(500, "USD")
    wrong = run(seller, text.replace("7000", "7000.50"))
    assert [(one["line"], one["code"]) for one in wrong.errors] == [(3, "invalid_price")]


def test_a_currency_that_changes_between_reading_and_locking_is_not_changed_back(seller, monkeypatch):
    run(seller, FOREIGN)
    monkeypatch.setattr(staging, "currencies_of", lambda seller_id, handles: dict.fromkeys(handles, "USD"))

    job = run(seller, "handle,title,sku,price\nvase,Vase,V,1\n")

    assert [(one["line"], one["code"]) for one in job.errors] == [(2, "currency_mismatch")]
    assert Variant.objects.get(sku="V").price == Money(5000, "JPY")
