"""Files of products: both formats, again and again, killed half way, out and in again."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Seller
from accounts.tests.factories import SellerFactory
from catalog import services
from catalog.models import (
    Brand,
    Category,
    ImportRow,
    Product,
    ProductImport,
    StockLevel,
    StockMovement,
    Variant,
)
from catalog.tasks import import_products
from catalog.tests.files import SHOPIFY, SOUK, run
from catalog.transfer import importing, saving
from catalog.transfer.cells import defuse, restore
from catalog.transfer.exporting import export_csv
from catalog.transfer.importing import create_import, run_import
from catalog.transfer.rescue import fail_abandoned
from catalog.verification import verify_stock
from config.shared.models import EventRecord

pytestmark = pytest.mark.django_db
SUPPLIED = Path(settings.BASE_DIR).parent / "shared" / "data"


@pytest.fixture
def seller():
    return SellerFactory(slug="mill")


def counts(job):
    return (job.created_count, job.updated_count, job.unchanged_count, job.failed_count)


def snapshot():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Product, Variant, StockLevel, StockMovement, Category, Brand, Seller)
    ]


def test_souks_own_columns(seller):
    job = run(seller, SOUK)

    assert (job.status, job.errors, counts(job)) == ("completed", [], (2, 0, 0, 0))
    kettle, shirt = Product.objects.order_by("pk")
    assert (kettle.title, kettle.description, kettle.tags) == (
        "Steel kettle",
        "Boils.\nFast.",
        ["steel", "tea"],
    )
    assert (kettle.status, kettle.brand.name, kettle.category.name) == ("active", "Acme", "Kitchen")
    assert Category.objects.get_ancestors(kettle.category)[0].name == "Home"
    only = kettle.variants.get()
    assert (only.sku, only.price_amount, only.compare_at_amount, only.weight_g) == (
        "kettle-1",
        1999,
        2999,
        900,
    )
    assert (only.barcode, only.levels.get().on_hand) == ("4006381333931", 5)
    assert (shirt.status, shirt.option_names, shirt.currency) == ("draft", ["Size", "Colour"], "EUR")
    assert [(row.sku, row.options, row.price_amount) for row in shirt.variants.all()] == [
        ("shirt-1", {"Size": "S", "Colour": "red"}, 1000),
        ("SHIRT-M", {"Size": "M", "Colour": "red"}, 1250),
    ]
    assert list(verify_stock()) == []


def test_shopifys_columns(seller):
    job = run(seller, SHOPIFY)

    assert (job.format, job.errors, counts(job), job.images_skipped) == ("shopify", [], (2, 0, 0, 0), 2)
    lamp, sock = Product.objects.order_by("pk")
    assert (lamp.brand.name, lamp.category.name, lamp.status, lamp.tags) == (
        "Lumen",
        "Lighting",
        "active",
        ["desk", "blue"],
    )
    assert (lamp.price_amount, lamp.currency, lamp.option_names, lamp.variants.get().options) == (
        4000,
        "USD",
        [],
        {},
    )
    assert (sock.status, [row.options for row in sock.variants.all()]) == (
        "draft",
        [{"Size": "Small"}, {"Size": "Large"}],
    )
    assert [row.sku for row in sock.variants.all()] == ["sock-1", "sock-2"]
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 7


@pytest.mark.parametrize("text", [SOUK, SHOPIFY])
def test_the_same_file_again_changes_nothing(seller, text):
    run(seller, text)
    before = snapshot()
    published = Product.objects.filter(status="active").count()
    assert Seller.objects.get().product_count == published
    assert counts(run(seller, text)) == (0, 0, 2, 0)
    assert snapshot() == before
    hidden = text.replace("true,Title", "false,Title").replace('tea",,', 'tea",draft,')
    assert counts(run(seller, hidden)) == (0, 1, 1, 0)
    assert Seller.objects.get().product_count == published - 1
    assert counts(run(seller, text.replace('tea",,', 'tea",active,'))) == (0, 1, 1, 0)
    assert Seller.objects.get().product_count == published


def test_the_same_file_after_a_sale_gives_nothing_back(seller):
    run(seller, SOUK)
    variant = Variant.objects.get(sku="kettle-1")
    services.sell_stock(demand={variant.pk: 2}, reference="order:1")
    assert counts(run(seller, SOUK)) == (0, 0, 2, 0)
    assert variant.levels.get().on_hand == 3

    assert counts(run(seller, SOUK.replace("29.99,5,", "29.99,8,"))) == (0, 1, 1, 0)
    assert variant.levels.get().on_hand == 8
    assert list(verify_stock()) == []


def test_changes_and_additions(seller):
    run(seller, SOUK)
    changed = (
        SOUK.replace("Steel kettle", "Copper kettle").replace("12.50", "13.50")
        + "shirt,,,,,,,,L,,red,,14,EUR,,2,,\n"
    )
    assert counts(run(seller, changed)) == (0, 2, 0, 0)
    kettle, shirt = Product.objects.order_by("pk")
    assert (kettle.title, kettle.slug, kettle.version) == ("Copper kettle", "kettle", 2)
    assert [(row.sku, row.price_amount) for row in shirt.variants.all()] == [
        ("shirt-1", 1000), ("SHIRT-M", 1350), ("shirt-3", 1400),
    ]  # fmt: skip


def test_a_new_sku_renames_the_variant_of_these_options(seller):
    run(seller, SOUK)
    before = {row.sku: row.pk for row in Variant.objects.all()}
    assert counts(run(seller, SOUK.replace("SHIRT-M", "SHIRT-MEDIUM"))) == (0, 1, 1, 0)
    assert Variant.objects.get(sku="SHIRT-MEDIUM").pk == before["SHIRT-M"]
    assert Variant.objects.count() == 3

    blank = SOUK.replace("SHIRT-M", "")  # says nothing about the SKU
    assert counts(run(seller, blank)) == (0, 0, 2, 0)
    taken = run(seller, SOUK.replace("SHIRT-M", "kettle-1"))
    assert [error["code"] for error in taken.errors] == ["sku_taken"]
    assert Variant.objects.filter(sku="SHIRT-MEDIUM").exists()


def test_bad_rows_are_named_and_stop_no_others(seller):
    text = """handle,title,price,sku,stock,status,currency,option1_name,option1_value
good,Good,1,G,1,,,,
price,Price,one,P,1,,,,
negative,Negative,-1,N,1,,,,
,No handle,1,H,1,,,,
untitled,,1,U,1,,,,
stock,Stock,1,S,many,,,,
status,Status,1,T,1,gone,,,
currency,Currency,1,C,1,,QQQ,,
digits,Digits,1.999,D,1,,USD,,
shirt,Shirt,1,A,1,,,Size,S
shirt,,x,B,1,,,,M
shirt,,1,A,1,,,,L
shirt,,1,E,1,,,,S
shirt,,1,F,1,,EUR,,XL
taken,Taken,1,G,1,,,,
last,Last,1,L,1,,,,
"""
    job = run(seller, text)

    assert counts(job) == (3, 0, 0, 9)
    assert sorted(Product.objects.values_list("handle", flat=True)) == ["good", "last", "shirt"]
    assert [(error["line"], error["column"], error["code"]) for error in job.errors] == [
        (3, "price", "invalid_price"),
        (4, "price", "invalid_price"),
        (5, "handle", "required"),
        (6, "title", "required"),
        (7, "stock", "invalid_number"),
        (8, "status", "invalid_status"),
        (9, "currency", "invalid_currency"),
        (10, "price", "invalid_price"),
        (12, "price", "invalid_price"),
        (13, "sku", "duplicate"),
        (14, "options", "duplicate"),
        (15, "price", "currency_mismatch"),
        (16, "sku", "duplicate"),
    ]


def test_a_dry_run_changes_nothing(seller):
    before = snapshot()
    job = run(seller, SOUK, dry_run=True)
    assert (job.status, counts(job)) == ("completed", (2, 0, 0, 0))
    assert snapshot() == before


@pytest.fixture
def small_chunks(monkeypatch):
    """A chunk is then one product."""
    monkeypatch.setattr(importing, "CHUNK", 1)


def job_of(seller, text):
    file = io.BytesIO(text.encode())
    return create_import(seller=seller, file=file, filename="a.csv", dry_run=False, actor="user:1")


def test_a_job_that_was_killed_goes_on_without_doubles(seller, monkeypatch, small_chunks):
    job = job_of(seller, SOUK)
    true_save = importing.save_drafts

    def killed(*, seller, drafts, actor):
        results = true_save(seller=seller, drafts=drafts, actor=actor)
        if drafts[0].handle == "shirt":
            raise SystemExit
        return results

    monkeypatch.setattr(importing, "save_drafts", killed)
    with pytest.raises(SystemExit):
        run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.done_products, Product.objects.count()) == ("running", 1, 1)

    monkeypatch.setattr(importing, "save_drafts", true_save)
    for _ in range(2):
        run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.status, counts(job), Product.objects.count(), Variant.objects.count()) == (
        "completed",
        (2, 0, 0, 0),
        2,
        3,
    )
    assert (bytes(job.content), ImportRow.objects.count()) == (b"", 0)


def test_what_the_database_refuses_fails_alone(seller, monkeypatch):
    """Somebody else was faster with an SKU, after it was found to be free."""
    run(seller, SOUK)
    monkeypatch.setattr(saving, "without_taken", lambda seller, results: results)
    rows = "".join(f"p{number},P,1,{sku}\n" for number, sku in enumerate(["a", "b", "kettle-1", "c", "d"]))

    job = run(seller, "handle,title,price,sku\n" + rows)

    assert (counts(job), [(error["line"], error["code"]) for error in job.errors]) == (
        (4, 0, 0, 1),
        [(4, "sku_taken")],
    )
    assert sorted(Product.objects.values_list("handle", flat=True)) == [
        "kettle",
        "p0",
        "p1",
        "p3",
        "p4",
        "shirt",
    ]
    assert list(verify_stock()) == []


def test_rows_of_a_product_that_lie_apart(seller, small_chunks):
    text = "handle,title,price,sku,option1_name,option1_value\na,A,1,a1,Size,S\nb,B,1,b1,,\na,,2,a2,,M\nb,,3,a1,,\n"
    job = run(seller, text)
    assert [(error["line"], error["column"], error["code"]) for error in job.errors] == [
        (5, "sku", "duplicate")
    ]
    assert counts(job) == (2, 0, 0, 0)
    assert [row.sku for row in Variant.objects.order_by("pk")] == ["a1", "a2", "b1"]


def test_what_a_file_has_no_column_for_stays(seller):
    run(seller, SOUK)
    job = run(
        seller, "handle,title,price,sku,currency\nshirt,Shirt,99,SHIRT-M,EUR\nkettle,Kettle,5,kettle-1,USD\n"
    )
    assert counts(job) == (0, 2, 0, 0)
    kettle, medium = Variant.objects.get(sku="kettle-1"), Variant.objects.get(sku="SHIRT-M")
    assert (kettle.price_amount, kettle.compare_at_amount, kettle.barcode) == (500, 2999, "4006381333931")
    assert (medium.price_amount, medium.options) == (9900, {"Size": "M", "Colour": "red"})
    assert [product.price_amount for product in Product.objects.order_by("pk")] == [500, 1000]


def test_the_number_of_statements_does_not_grow_with_the_file(seller, django_assert_max_num_queries):
    rows = "".join(f"p{number},P,{number},s{number},Brand,A > B\n" for number in range(1, 151))
    with django_assert_max_num_queries(115):
        assert counts(run(seller, "handle,title,price,sku,brand,category\n" + rows))[0] == 150
    changed = "".join(f"p{number},P,7,s{number},Brand,A > B\n" for number in range(1, 151))
    with django_assert_max_num_queries(115):
        assert counts(run(seller, "handle,title,price,sku,brand,category\n" + changed)) == (0, 149, 1, 0)
    assert EventRecord.objects.filter(type="product.price_changed").count() == 149


@pytest.mark.parametrize("ends", ["\r", "\r\n"])
def test_other_line_ends_and_a_byte_order_mark(seller, ends):
    assert counts(run(seller, "\ufeff" + SHOPIFY.replace("\n", ends))) == (2, 0, 0, 0)


def test_an_import_without_a_job_ends_as_failed(seller):
    job, other = job_of(seller, SOUK), job_of(seller, SOUK)
    long_ago = timezone.now() - timedelta(minutes=11)
    ProductImport.objects.filter(pk=job.pk).update(touched_at=long_ago)
    fail_abandoned()
    job.refresh_from_db(), other.refresh_from_db()
    assert (job.status, job.errors[0]["code"], bytes(job.content)) == ("failed", "abandoned", b"")
    assert other.status == "pending"

    ProductImport.objects.filter(pk=other.pk).update(touched_at=long_ago)
    import_products.defer(import_id=other.pk)
    fail_abandoned()
    other.refresh_from_db()
    assert other.status == "pending"


@pytest.mark.parametrize("name", ["apparel.csv", "home-and-garden.csv"])
def test_shopifys_sample_files_whole(seller, name):
    path = SUPPLIED / name
    if not path.exists():
        pytest.skip("the sample files are not here")
    content = path.read_bytes()
    handles = {row["Handle"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}

    job = run(seller, content.decode("utf-8-sig"))

    assert (job.status, job.errors, counts(job)) == ("completed", [], (len(handles), 0, 0, 0))
    before = snapshot()
    assert counts(run(seller, content.decode("utf-8-sig"))) == (0, 0, len(handles), 0)
    assert snapshot() == before
    assert list(verify_stock()) == []


@pytest.mark.parametrize("format_", ["souk", "shopify"])
def test_round_trip(seller, format_):
    run(seller, SHOPIFY)
    Product.objects.filter(handle="lamp").update(
        title="=HYPERLINK(1)", attributes={"lumen": 400} if format_ == "souk" else {}
    )
    exported = "".join(export_csv(seller_id=seller.pk, format_=format_))
    assert not re.search(r"(^|,)\"?[=+@-]", exported, re.MULTILINE)
    before = snapshot()

    assert counts(run(seller, exported)) == (0, 0, 2, 0)
    assert snapshot()[:1] == before[:1]

    other = SellerFactory()
    assert counts(run(other, exported))[0] == 2
    assert "".join(export_csv(seller_id=other.pk, format_=format_)) == exported


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "'=1", "''=1", "'a", "a=1", "", "\t=1", "＝1", "'＠a"]
)
def test_formulas_are_defused_and_restored(text):
    assert restore(defuse(text)) == text
    assert not defuse(text).startswith(("=", "+", "-", "@", "\t", "＝", "＠"))
