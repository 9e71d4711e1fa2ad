"""What the locks of a placement are for: each race is stopped at its worst moment, with the lock and without it."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from accounts.tests.factories import UserFactory, token_for
from catalog.models import StockLevel
from catalog.services import stock_statements
from catalog.tests.factories import ProductFactory, VariantFactory
from orders.models import CartItem, Order
from orders.services import carts, placement
from orders.tests.test_races import is_sound, outcomes, placing, put_in_cart_of

pytestmark = pytest.mark.django_db(transaction=True)
ORDERED, AS_ASKED = "ORDER BY level.id", "ORDER BY array_position(%(variants)s::bigint[], level.variant_id)"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def begin(pool, call):
    """Starts a call in a thread whose connection is closed after it."""

    def run():
        try:
            return call()
        finally:
            connections.close_all()

    return pool.submit(run)


def see_wait(futures: list[Future]) -> None:
    """Returns when each of them waits for a lock, or is done."""
    with connection.cursor() as cursor:
        while sum(not future.done() for future in futures) > waiting(cursor):
            pass


def waiting(cursor) -> int:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(WAITING)
    return cursor.fetchone()[0]


def buyer_of(*variants):
    user = UserFactory()
    for variant in variants:
        put_in_cart_of(user, variant)
    return APIClient(headers={"Authorization": f"Bearer {token_for(user)}"})


def place_in_opposite_orders(pool):
    """Two placements of the same three things; that in the middle is locked until neither gets further."""
    product = ProductFactory()
    things = [VariantFactory(product=product, stock=100) for _ in range(3)]
    clients = [buyer_of(*things), buyer_of(*reversed(things))]
    with transaction.atomic():
        StockLevel.objects.select_for_update().get(variant=things[1])
        futures = [begin(pool, placing(client)) for client in clients]
        see_wait(futures)
    return outcomes(future.result() for future in futures)


def test_opposite_orders_of_lines_do_not_deadlock(pool):
    assert place_in_opposite_orders(pool) == {201: 2}
    assert is_sound()


def test_without_the_order_of_the_locks_they_deadlock(pool, monkeypatch):
    """The control: one of the two is told to come again, and has changed nothing."""
    assert stock_statements.HOLD.count(ORDERED) == 1
    monkeypatch.setattr(stock_statements, "HOLD", stock_statements.HOLD.replace(ORDERED, AS_ASKED))
    assert place_in_opposite_orders(pool) == {201: 1, "busy": 1}
    assert Order.objects.count() == 1
    assert CartItem.objects.count() == 3
    assert is_sound()


def edit_while_it_is_placed(pool, monkeypatch):
    """Another line comes once the placement has read the cart; returns the units ordered, and those left in the cart."""
    thing, late = VariantFactory(), VariantFactory()
    client, quote, edits = buyer_of(thing), placement.make_quote, []

    def stop(*args, **options):
        line = {"variant": str(late.pk), "quantity": 1}
        edits.append(begin(pool, lambda: client.post("/api/v1/cart/items", line)))
        see_wait(edits)
        return quote(*args, **options)

    monkeypatch.setattr(placement, "make_quote", stop)
    assert outcomes([placing(client)(), edits[0].result()]) == {201: 2}
    order = Order.objects.get()
    assert order.total_amount == sum(item.total_amount for item in order.items.all()) == thing.price_amount
    return order.items.count(), CartItem.objects.count()


def test_a_cart_edited_during_placement_gives_no_wrong_order(pool, monkeypatch):
    """The line that came meanwhile stays in the cart."""
    assert edit_while_it_is_placed(pool, monkeypatch) == (1, 1)
    assert is_sound()


def test_without_the_lock_of_the_cart_the_line_is_lost(pool, monkeypatch):
    """The control: it is neither ordered nor in the cart. The total is right even so, for the cart is read once."""
    monkeypatch.setattr(carts, "LOCKED_CARTS", carts.CARTS)
    assert edit_while_it_is_placed(pool, monkeypatch) == (1, 0)
