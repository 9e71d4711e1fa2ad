"""Stock under many at once: nothing oversold, nothing undersold, no deadlock."""

from datetime import timedelta
from functools import partial
from io import BytesIO

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.tests.factories import SellerFactory
from catalog import services
from catalog.errors import OutOfStock
from catalog.models import Product, StockHold, StockLevel, StockMovement, Variant
from catalog.services import stock_statements
from catalog.tests.factories import ProductFactory, VariantFactory
from catalog.tests.races import at_once
from catalog.transfer.importing import create_import, run_import
from catalog.verification import verify_stock

pytestmark = pytest.mark.django_db(transaction=True)
SOON = timezone.now() + timedelta(minutes=30)


def hold(demand, reference):
    services.hold_stock(demand=demand, reference=reference, expires_at=SOON)
    return "held"


@pytest.mark.parametrize(("stock", "buyers"), [(1, 50), (10, 50), (60, 50)])
def test_as_many_holds_as_there_is_stock(stock, buyers):
    variant = VariantFactory(stock=stock)

    answers = at_once([partial(hold, {variant.pk: 1}, f"order:{n}") for n in range(buyers)])

    assert answers.count("held") == min(stock, buyers)
    assert {type(answer) for answer in answers if answer != "held"} <= {OutOfStock}
    level = StockLevel.objects.get(variant=variant)
    assert (level.on_hand, level.reserved) == (stock, min(stock, buyers))
    assert Variant.objects.get(pk=variant.pk).is_available is (stock > buyers)
    assert Product.objects.get(pk=variant.product_id).is_available is (stock > buyers)
    assert list(verify_stock()) == []


def test_control_without_the_lock_and_the_guard_it_oversells(monkeypatch):
    """The races above mean something: this statement reads first and writes then, and promises too much."""

    def naive(demand, reference):
        (variant, quantity), level = (
            next(iter(demand.items())),
            StockLevel.objects.get(variant=next(iter(demand))),
        )
        if level.available < quantity:
            return "out"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        StockHold.objects.create(
            level=level, variant_id=variant, quantity=1, reference=reference, expires_at=SOON
        )
        return "held"

    variant = VariantFactory(stock=1)

    answers = at_once([partial(naive, {variant.pk: 1}, f"order:{n}") for n in range(10)])

    assert answers.count("held") > 1
    assert {row["kind"] for row in verify_stock()} == {"reserved_differs_from_holds"}


def test_opposite_orders_do_not_deadlock_and_take_all_or_nothing():
    first, second = VariantFactory(stock=30), VariantFactory(stock=20)
    there, back = {first.pk: 1, second.pk: 1}, {second.pk: 1, first.pk: 1}

    answers = at_once([partial(hold, (there, back)[n % 2], f"order:{n}") for n in range(40)])

    assert answers.count("held") == 20
    assert {type(answer) for answer in answers if answer != "held"} == {OutOfStock}
    assert [level.reserved for level in StockLevel.objects.order_by("pk")] == [20, 20]
    assert list(verify_stock()) == []


def test_variants_of_one_product_sell_out_at_once_and_its_flag_is_right():
    product = ProductFactory()
    variants = [VariantFactory(product=product, stock=1) for _ in range(8)]

    answers = at_once([partial(hold, {variant.pk: 1}, f"order:{variant.pk}") for variant in variants])

    assert answers == ["held"] * 8
    assert Product.objects.get(pk=product.pk).is_available is False
    assert list(verify_stock()) == []


def test_the_sum_of_concurrent_adjustments_is_exact():
    deltas = [n for n in range(-15, 26) if n]
    variant = VariantFactory(stock=120)  # as many as all that take away, for they may come first

    answers = at_once(
        [
            partial(
                services.adjust_stock,
                variant=variant,
                location=None,
                delta=delta,
                reason="count",
                actor="user:1",
            )
            for delta in deltas
        ]
    )

    assert {type(answer) for answer in answers} == {StockLevel}
    assert StockLevel.objects.get(variant=variant).on_hand == 120 + sum(deltas)
    assert StockMovement.objects.filter(kind="adjusted").count() == 40
    assert list(verify_stock()) == []


@pytest.mark.parametrize("round_", range(5))
def test_release_and_sale_of_one_hold_one_wins(round_):
    variant = VariantFactory(stock=5)
    hold({variant.pk: 2}, "order:1")
    release, sell = (
        partial(services.release_holds, reference="order:1"),
        partial(services.sell_holds, reference="order:1"),
    )

    answers = at_once([release, sell] * 4)

    assert answers.count(True) == 1
    assert answers.count(False) == 7
    sold = any(answers[1::2])
    level = StockLevel.objects.get(variant=variant)
    assert (level.on_hand, level.reserved) == ((3, 0) if sold else (5, 0))
    assert StockHold.objects.get().status == ("sold" if sold else "released")
    assert list(verify_stock()) == []


def test_holds_sales_returns_and_releases_in_one_crowd_keep_the_invariants():
    variants = [VariantFactory(stock=3) for _ in range(3)]
    ids = [variant.pk for variant in variants]

    def life(number):
        demand = {ids[number % 3]: 1, ids[(number + 1) % 3]: 2}
        reference = f"order:{number}"
        try:
            hold(demand, reference)
        except OutOfStock:
            return "out"
        if number % 3 == 0:
            return services.release_holds(reference=reference)
        services.sell_holds(reference=reference)
        if number % 3 == 1:
            services.return_stock(demand=demand, reference=reference, reason="return")
        return True

    answers = at_once([partial(life, number) for number in range(30)])

    assert {answer for answer in answers if not isinstance(answer, Exception)} <= {True, "out"}
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert list(verify_stock()) == []


def test_imports_sales_and_adjustments_of_one_product_do_not_deadlock():
    seller = SellerFactory()
    rows = "".join(
        f"kettle,{'Kettle' if n == 1 else ''},19.99,K-{n},{{stock}},Size,{n}\n" for n in range(1, 4)
    )
    text = "handle,title,price,sku,stock,option1_name,option1_value\n" + rows

    def run(stock):
        content = text.format(stock=stock).encode()
        job = create_import(seller=seller, file=BytesIO(content), filename="", dry_run=False, actor="user:1")
        run_import(import_id=job.pk)
        job.refresh_from_db()
        return job.errors

    assert run(50) == []
    variants = list(Variant.objects.order_by("-pk"))
    demand = {variant.pk: 1 for variant in variants}
    adjust = [
        partial(services.adjust_stock, variant=v, location=None, delta=1, reason="x", actor="x")
        for v in variants
    ]
    sales = [partial(services.sell_stock, demand=demand, reference=f"order:{n}") for n in range(6)]
    imports = [partial(run, stock) for stock in (60, 70, 80)]

    answers = at_once([*imports, *adjust, *sales, *adjust])

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers[:3] == [[], [], []]
    assert list(verify_stock()) == []


def test_two_runs_of_one_import_make_each_product_once():
    text = "handle,title,price\n" + "".join(f"p{n},P{n},{n}\n" for n in range(1, 13))
    job = create_import(
        seller=SellerFactory(), file=BytesIO(text.encode()), filename="", dry_run=False, actor="user:1"
    )

    assert at_once([partial(run_import, import_id=job.pk)] * 3) == [True] * 3

    run_import(import_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.created_count, job.unchanged_count, Product.objects.count()) == (
        "completed",
        12,
        0,
        12,
    )


def test_a_sale_and_its_events_are_few_statements(django_assert_max_num_queries):
    first, second = VariantFactory(stock=5), VariantFactory(stock=5)
    with transaction.atomic(), django_assert_max_num_queries(9) as queries:
        hold({first.pk: 1, second.pk: 1}, "order:1")
        services.sell_holds(reference="order:1")
    statements = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 3  # hold; sale, units sold; events go with the commit
    assert stock_statements.HOLD[:20] in statements[0]
