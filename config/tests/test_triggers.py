"""What each trigger does, and that nothing else would: every act is tried again with its trigger dropped, and must then show nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import SecurityEvent
from accounts.tests.factories import UserFactory
from catalog.models import PriceChange, Product, ProductImage, StockMovement, Variant, VariantPrice
from catalog.tests.factories import BrandFactory, CategoryFactory, ProductFactory, VariantFactory
from orders.models import RuleBook
from orders.tests.factories import CouponFactory, ShippingMethodFactory, TaxRateFactory
from payments.models import LedgerEntry, LedgerTransaction
from payments.services.books import Line, post

pytestmark = pytest.mark.django_db
Act = Callable[[], Any]
# Is told when a transaction commits, which none does here: `config/shared/tests/test_realtime.py`.
ELSEWHERE = {
    "payments_ledgerentry payments_ledgerentry_reopen",
    "shared_eventrecord shared_eventrecord_notify",
}


def touched(act: Act, tag: str = "products") -> bool:
    """Whether the act writes this tag into the outbox of the cache."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_cachetouch; SELECT set_config('souk.touched', '', true)")
        act()
        cursor.execute("SELECT tag FROM catalog_cachetouch WHERE tag = %s", [tag])
        return cursor.fetchone() is not None


def reworded(product: Product, act: Act) -> bool:
    """Whether the act changes what the search knows of a product."""

    def known() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT vector::text, seller_id, is_active FROM catalog_searchentry WHERE product_id = %s",
                [product.pk],
            )
            return cursor.fetchone()

    before = known()
    act()
    return known() != before


def refused(act: Act) -> bool:
    try:
        with transaction.atomic():
            act()
    except DatabaseError:
        return True
    return False


def noted(act: Act) -> bool:
    """Whether the history of prices grows."""
    before = PriceChange.objects.count()
    act()
    return PriceChange.objects.count() > before


def turned(act: Act) -> bool:
    before = RuleBook.objects.get().mark
    act()
    return RuleBook.objects.get().mark != before


def row(found: Any, **changes: Any) -> Act:
    """Changes it as no service does: by its statement alone."""
    return lambda: type(found).objects.filter(pk=found.pk).update(**changes)


def gone(found: Any) -> Act:
    return lambda: type(found).objects.filter(pk=found.pk)._raw_delete("default")


def sql(statement: str) -> Act:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def balance_now() -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")()


def priced(variant: Variant) -> VariantPrice:
    return VariantPrice.objects.create(
        variant=variant, product_id=variant.product_id, currency="EUR", price_amount=500
    )


def picture(product: Product) -> ProductImage:
    return ProductImage.objects.create(product=product, image="a.webp", width=1, height=1)


def posted() -> LedgerTransaction:
    sql("SET CONSTRAINTS ALL DEFERRED")()
    return post(
        kind="fee",
        reference="x",
        currency="USD",
        lines=[Line(account="stripe", amount=-5), Line(account="tax", amount=5)],
    )


def entry(of: LedgerTransaction) -> None:
    LedgerEntry.objects.create(transaction=of, account="tax", amount=1, currency="USD")
    balance_now()


def unfinished() -> None:
    LedgerTransaction.objects.create(kind="fee", reference="y", lines=2)
    balance_now()


def balanced() -> LedgerTransaction:
    made = posted()
    balance_now()
    return made


def on_shelf(**more: Any) -> Product:
    return VariantFactory(product__category=CategoryFactory(), product__brand=BrandFactory(), **more).product


def event() -> SecurityEvent:
    return SecurityEvent.objects.create(kind="logged_in", user=UserFactory())


def rename_shelf() -> bool:
    product = on_shelf()
    return reworded(product, row(product.category, name="Samovars"))


def rename_brand() -> bool:
    product = on_shelf()
    return reworded(product, row(product.brand, name="Samovar & Sons"))


def change_sku() -> bool:
    found = VariantFactory()
    return reworded(found.product, row(found, sku="SAMOVAR"))


def spare(product: Product) -> Variant:
    """One that nothing refers to but the history of its price."""
    return Variant.objects.create(
        product=product, seller=product.seller, sku="SPARE", price_amount=1, currency="USD"
    )


def add_variant() -> bool:
    product = ProductFactory()
    return reworded(product, lambda: spare(product))


def lose_variant() -> bool:
    found = spare(ProductFactory())
    return reworded(found.product, gone(found))


def make_product() -> bool:
    return reworded(Product(pk=10**6), lambda: ProductFactory(pk=10**6))


def retitle() -> bool:
    product = ProductFactory()
    return reworded(product, row(product, title="Samovar"))


def withdraw() -> bool:
    product = ProductFactory()
    return reworded(product, row(product, status="archived"))


# By table and trigger; each says whether the trigger's effect was seen.
ACTS: dict[str, Callable[[], bool]] = {
    "accounts_securityevent accounts_securityevent_keep": lambda: refused(row(event(), subject="x")),
    "accounts_seller touch_catalogue": lambda: touched(row(ProductFactory().seller, name="Other"), "all"),
    "catalog_brand search_update": rename_brand,
    "catalog_brand touch_change": lambda: touched(BrandFactory, "brands"),
    "catalog_brand touch_count": lambda: touched(row(BrandFactory(), followers_count=7), "brands"),
    "catalog_brand touch_name": lambda: touched(row(BrandFactory(), name="Other"), "all"),
    "catalog_category search_update": rename_shelf,
    "catalog_category touch_change": lambda: touched(CategoryFactory, "categories"),
    "catalog_category touch_name": lambda: touched(row(CategoryFactory(), name="Other"), "all"),
    "catalog_category touch_update": lambda: touched(row(CategoryFactory(), numchild=7), "categories"),
    "catalog_pricechange keep": lambda: refused(row(VariantFactory().price_changes.first(), amount=1)),
    "catalog_product search_insert": make_product,
    "catalog_product search_status": withdraw,
    "catalog_product search_update": retitle,
    "catalog_product touch_delete": lambda: touched(gone(ProductFactory())),
    "catalog_product touch_insert": lambda: touched(ProductFactory),
    "catalog_product touch_update": lambda: touched(row(ProductFactory(), title="Other")),
    "catalog_productimage touch_change": lambda: touched(partial(picture, ProductFactory())),
    "catalog_productimage touch_update": lambda: touched(row(picture(ProductFactory()), alt="Other")),
    "catalog_stockmovement keep": lambda: refused(
        row(StockMovement.objects.get(level__variant=VariantFactory()), delta=1)
    ),
    "catalog_variant price_began": lambda: noted(partial(spare, ProductFactory())),
    "catalog_variant price_changed": lambda: noted(row(VariantFactory(), price_amount=7)),
    "catalog_variant search_delete": lose_variant,
    "catalog_variant search_insert": add_variant,
    "catalog_variant search_update": change_sku,
    "catalog_variant touch_change": lambda: touched(partial(spare, ProductFactory())),
    "catalog_variant touch_update": lambda: touched(row(VariantFactory(), sku="OTHER")),
    "catalog_variantprice price_began": lambda: noted(partial(priced, VariantFactory())),
    "catalog_variantprice price_changed": lambda: noted(row(priced(VariantFactory()), price_amount=7)),
    "catalog_variantprice touch_change": lambda: touched(gone(priced(VariantFactory()))),
    "catalog_variantprice touch_update": lambda: touched(row(priced(VariantFactory()), price_amount=7)),
    "orders_coupon turn_page": lambda: turned(CouponFactory),
    "orders_coupon turn_page_at_truncate": lambda: turned(sql("TRUNCATE orders_coupon CASCADE")),
    "orders_shippingmethod turn_page": lambda: turned(ShippingMethodFactory),
    "orders_taxrate turn_page": lambda: turned(TaxRateFactory),
    "payments_ledgerentry payments_ledgerentry_balanced": lambda: refused(partial(entry, balanced())),
    "payments_ledgerentry payments_ledgerentry_keep": lambda: refused(
        row(posted().entries.first(), amount=1)
    ),
    "payments_ledgertransaction payments_ledgertransaction_balanced": lambda: refused(unfinished),
    "payments_ledgertransaction payments_ledgertransaction_keep": lambda: refused(
        row(posted(), reference="z")
    ),
}
TRIGGERS = """
SELECT tgrelid::regclass::text || ' ' || tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text !~ '^procrastinate' AND tgrelid > 16383
"""


def seen(name: str, *, without: bool) -> bool:
    table, trigger = name.split()
    with transaction.atomic():
        if without:
            sql(f'DROP TRIGGER "{trigger}" ON "{table}"')()
        try:
            return ACTS[name]()
        finally:
            transaction.set_rollback(True)


def test_each_trigger_has_its_act() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        assert {name for (name,) in cursor.fetchall()} == ACTS.keys() | ELSEWHERE


def test_what_a_trigger_does_nothing_else_does() -> None:
    """With it and without it: a trigger that another makes needless is found, too."""
    told = {name: (seen(name, without=False), seen(name, without=True)) for name in ACTS}
    assert told == dict.fromkeys(ACTS, (True, False))
