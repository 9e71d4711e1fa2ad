from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.models import StockMovement
from catalog.tests.factories import VariantFactory
from config.shared.models import EventRecord
from orders import services
from orders.models import OrderEvent, OrderItem, OrderPart, Return
from orders.tests.factories import OrderFactory, ShippingMethodFactory, TaxRateFactory
from orders.tests.looks import fresh, stock, usd
from orders.tokens import order_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound", "gives_back")]
ROOT = "/api/v1/returns"


def delivered(*variants, quantity=3, **options):
    order = OrderFactory(variants=list(variants), quantity=quantity, **options)
    services.mark_order_paid(order_id=order.pk)
    for part in order.parts.all():
        services.accept_part(part_id=part.pk, by=None)
        services.ship_part(part_id=part.pk, by=None)
        services.deliver_part(part_id=part.pk, by=None)
    return fresh(order)


@pytest.fixture
def bought(variant):
    return delivered(variant)


@pytest.fixture
def customer(as_user, bought):
    return as_user(bought.user)


@pytest.fixture
def seller(as_user, bought):
    return as_user(bought.parts.get().seller.user)


def ask(client, order, quantity=1, item=None, **headers):
    items = [{"id": str((item or order.items.get()).pk), "quantity": quantity}]
    body = {"items": items, "reason": "Too small"}
    return client.post(f"/api/v1/orders/{order.pk}/returns", body, headers=headers)


def counts(item):
    return OrderItem.objects.values_list("returned_quantity", "received_quantity").get(pk=item.pk)


def state():
    return [
        sorted(Return.objects.values_list("pk", "status", "version")),
        sorted(OrderItem.objects.values_list("pk", "returned_quantity", "received_quantity")),
        OrderEvent.objects.count(),
        StockMovement.objects.count(),
    ]


def test_an_order_that_changed_meanwhile_is_412(customer, bought):
    seen = customer.get(f"/api/v1/orders/{bought.pk}").headers["ETag"]
    bought.version += 1
    bought.save(update_fields=["version"])
    before = state()

    answer = ask(customer, bought, **{"If-Match": seen})

    assert (answer.status_code, answer.json()["code"], state()) == (412, "stale", before)
    again = ask(customer, bought, **{"If-Match": answer.json()["current"]})
    assert again.status_code == 201


def test_from_request_to_refund(customer, seller, bought, variant, heard):
    answer = ask(customer, bought, 2)
    assert answer.status_code == 201
    body, item = answer.json(), bought.items.get()
    assert {name: body[name] for name in ("order", "status", "reason", "refund", "allowed")} == {
        "order": str(bought.pk),
        "status": "requested",
        "reason": "Too small",
        "refund": usd(0),
        "allowed": ["approve", "reject", "cancel"],
    }
    assert body["items"] == [{"id": str(item.pk), "quantity": 2, "received": 0, "restocked": 0}]
    path = f"{ROOT}/{body['id']}"
    assert seller.post(f"{path}/approve").json()["allowed"] == ["reject", "receive", "cancel"]
    assert (counts(item), stock(variant)) == ((2, 0), (7, 0))
    received = seller.post(f"{path}/receive").json()
    assert (received["status"], received["refund"], received["allowed"]) == ("received", usd(2000), [])
    assert (counts(item), stock(variant)) == ((2, 2), (9, 0))
    assert heard[-3:] == [
        ("return_changed", {}),
        ("return_received", {"amount": 2000, "is_last": False}),
        ("return_changed", {}),
    ]
    assert (fresh(bought).status, fresh(bought.parts.get()).status) == ("delivered", "delivered")


def test_the_timeline_and_the_log_tell_each_step(customer, seller, bought):
    path = f"{ROOT}/{ask(customer, bought).json()['id']}"
    seller.post(f"{path}/approve")
    seller.post(f"{path}/receive", {"reason": "As new"})
    rows = customer.get(f"/api/v1/orders/{bought.pk}/events?limit=100").json()["results"]
    steps = [row for row in rows if row["type"] == "order.return_changed"]
    assert [(row["status"], row["previous_status"], row["by"]) for row in steps] == [
        ("requested", "", "customer"),
        ("approved", "requested", "seller"),
        ("received", "approved", "seller"),
    ]
    assert steps[2]["data"] == {"return": path.rpartition("/")[2], "reason": "As new"}
    told = EventRecord.objects.filter(type="order.return_changed").order_by("pk")
    assert [event.data["status"] for event in told] == ["requested", "approved", "received"]
    seller_id = bought.parts.get().seller_id
    assert set(told[0].audiences) == {f"user:{bought.user_id}", f"seller:{seller_id}", "admin"}


def test_written_off_goods_do_not_come_back_to_the_shelf(customer, seller, bought, variant):
    path = f"{ROOT}/{ask(customer, bought).json()['id']}"
    seller.post(f"{path}/approve")
    body = seller.post(f"{path}/receive", {"restock": False}).json()
    assert (body["refund"], body["items"][0]["received"], body["items"][0]["restocked"]) == (usd(1000), 1, 0)
    assert stock(variant) == (7, 0)


def test_what_did_not_arrive_can_be_asked_for_again(customer, seller, bought):
    path, item = f"{ROOT}/{ask(customer, bought, 3).json()['id']}", bought.items.get()
    seller.post(f"{path}/approve")
    arrived = [{"id": str(item.pk), "quantity": 1, "restock": False}]
    assert seller.post(f"{path}/receive", {"items": arrived}).json()["refund"] == usd(1000)
    assert counts(item) == (1, 1)
    assert ask(customer, bought, 3).json()["lines"] == [{"id": str(item.pk), "requested": 3, "returnable": 2}]
    assert ask(customer, bought, 2).status_code == 201


@pytest.mark.parametrize(("step", "who"), [("reject", "seller"), ("cancel", "customer")])
def test_an_ended_return_frees_its_goods(request, customer, bought, step, who):
    client, path = request.getfixturevalue(who), f"{ROOT}/{ask(customer, bought, 3).json()['id']}"
    body = {"reason": "Worn"} if step == "reject" else {}
    ended = client.post(f"{path}/{step}", body).json()
    assert (ended["status"], ended["note"]) == (
        f"{step}ed" if step == "reject" else "cancelled",
        body.get("reason", ""),
    )
    assert counts(bought.items.get()) == (0, 0)
    assert ask(customer, bought, 3).status_code == 201


STEPS = {"approve": {}, "reject": {"reason": "Worn"}, "receive": {}, "cancel": {}}
REACHED = {
    "requested": ([], ["approve", "reject", "cancel"]),
    "approved": (["approve"], ["reject", "receive", "cancel"]),
    "rejected": (["reject"], []),
    "received": (["approve", "receive"], []),
    "cancelled": (["cancel"], []),
}


@pytest.mark.parametrize("status", REACHED)
def test_impossible_steps_name_the_possible(as_user, customer, bought, status):
    way, allowed = REACHED[status]
    admin, path = as_user(AdminFactory()), f"{ROOT}/{ask(customer, bought).json()['id']}"
    for step in way:
        assert admin.post(f"{path}/{step}", STEPS[step]).status_code == 200
    before = state()
    for step in set(STEPS) - set(allowed):
        refusal = admin.post(f"{path}/{step}", STEPS[step])
        body = refusal.json()
        assert (refusal.status_code, body["code"]) == (409, "invalid_transition")
        assert (body["status_now"], body["allowed"]) == (status, allowed)
    assert state() == before


def test_nothing_is_returned_before_it_is_delivered(as_user, variant):
    order = OrderFactory(variants=[variant])
    services.mark_order_paid(order_id=order.pk)
    customer, before = as_user(order.user), state()
    refusal = ask(customer, order)
    assert (refusal.status_code, refusal.json()["code"], refusal.json()["allowed"]) == (
        409,
        "invalid_transition",
        ["cancel"],
    )
    assert state() == before


def test_the_window_closes(customer, bought, settings):
    settings.RETURN_WINDOW = timedelta(days=14)
    OrderPart.objects.update(delivered_at=timezone.now() - timedelta(days=14))
    before, refusal = state(), ask(customer, bought)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "return_window_closed")
    OrderPart.objects.update(delivered_at=timezone.now() - timedelta(days=13, hours=23))
    assert (state(), ask(customer, bought).status_code) == (before, 201)


def test_no_more_than_was_bought(customer, bought):
    before, refusal = state(), ask(customer, bought, 4)
    assert (refusal.status_code, refusal.json()["errors"][0]["pointer"]) == (400, "/items/0/quantity")
    assert state() == before
    assert ask(customer, bought, 2).status_code == 201
    again = ask(customer, bought, 2)
    assert (again.status_code, again.json()["code"]) == (409, "not_returnable")


@pytest.mark.parametrize(
    "items",
    [[], [{"id": "1"}], [{"id": "0", "quantity": 1}], "all", [{"id": "{item}", "quantity": 0}], None,
     [{"id": "{item}", "quantity": 1}, {"id": "{item}", "quantity": 1}]],
    ids=range(7),
)  # fmt: skip
def test_bad_requests_are_400(customer, bought, items):
    item, before = str(bought.items.get().pk), state()
    if isinstance(items, list):
        items = [row | {"id": row["id"].replace("{item}", item)} for row in items]
    answer = customer.post(f"/api/v1/orders/{bought.pk}/returns", {"items": items, "reason": "No"})
    assert (answer.status_code, state()) == (400, before)


def test_two_sellers_goods_are_two_returns(as_user):
    order = delivered(VariantFactory(), VariantFactory(), quantity=1)
    items = [{"id": str(item.pk), "quantity": 1} for item in order.items.all()]
    customer, path = as_user(order.user), f"/api/v1/orders/{order.pk}/returns"
    refusal = customer.post(path, {"items": items, "reason": "No"})
    assert (refusal.status_code, refusal.json()["errors"][0]["code"]) == (400, "several_sellers")
    assert [customer.post(path, {"items": [one], "reason": "No"}).status_code for one in items] == [201, 201]


def test_a_guest_returns_with_the_token(api, bought):
    bought.user = None
    bought.save(update_fields=["user"])
    token = {"Order-Token": order_token(bought.pk)}
    assert ask(api, bought).status_code == 401
    made = ask(api, bought, **token)
    assert made.status_code == 201
    assert [row["id"] for row in api.get(ROOT, headers=token).json()["results"]] == [made.json()["id"]]
    path = f"{ROOT}/{made.json()['id']}"
    assert api.post(f"{path}/approve", headers=token).status_code == 401
    assert api.post(f"{path}/cancel", headers=token).json()["status"] == "cancelled"


def test_returns_are_seen_by_whom_they_concern(as_user, customer, seller, bought):
    made = ask(customer, bought).json()["id"]
    for client in (customer, seller):
        assert [
            row["id"] for row in client.get(f"{ROOT}?status=requested&order={bought.pk}").json()["results"]
        ] == [made]
    for stranger in (as_user(UserFactory()), as_user(SellerFactory().user)):
        assert stranger.get(ROOT).json()["results"] == []
        assert stranger.get(f"{ROOT}/{made}").status_code == 404
    before = state()
    assert customer.post(f"{ROOT}/{made}/approve").status_code == 403
    assert seller.post(f"{ROOT}/{made}/cancel").status_code == 403
    assert state() == before


def test_every_cent_of_a_line_comes_back_however_it_is_divided(as_user):
    """7 units with odd tax: one by one the refunds add up to what was charged."""
    TaxRateFactory(rate="0.175")
    order = delivered(VariantFactory(price_amount=333), quantity=7)
    item = order.items.get()
    refunds = []
    for _ in range(7):
        made = services.request_return(order_id=order.pk, quantities={item.pk: 1}, reason="No", by=None)
        services.approve_return(return_id=made.pk, by=None)
        refunds.append(services.receive_return(return_id=made.pk, by=None).refund_amount)
    assert sum(refunds) == item.total_amount + item.tax_amount == 2331 + 408
    assert set(refunds) == {391, 392}


# --- Shipping, and parts that nobody calls delivered -----------------------------------------------------------


@pytest.mark.parametrize(("is_refunded", "last"), [(True, 1000 + 500), (False, 1000)])
def test_with_the_last_of_the_goods_the_shipping_fee_goes_back(variant, settings, is_refunded, last):
    settings.RETURN_REFUNDS_SHIPPING = is_refunded
    ShippingMethodFactory(seller=variant.seller, price_amount=500)
    bought = delivered(variant)
    refunds = []
    for quantity in (2, 1):
        quantities = {bought.items.get().pk: quantity}
        asked = services.request_return(
            order_id=bought.pk, quantities=quantities, reason="Too small", by=None
        )
        services.approve_return(return_id=asked.pk, by=None)
        refunds.append(services.receive_return(return_id=asked.pk, by=None).refund_amount)
    assert refunds == [2000, last]
