import pytest
from django.contrib.auth.models import Permission

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import VariantFactory
from orders import services
from orders.models import Order, OrderEvent, OrderPart, Shipment
from orders.tests.factories import OrderFactory
from orders.tokens import order_token

pytestmark = pytest.mark.django_db
ORDERS, PARTS = "/api/v1/orders", "/api/v1/orders/seller"


@pytest.fixture
def order():
    """Of two sellers, two pieces from each."""
    return OrderFactory(variants=[VariantFactory(), VariantFactory()], quantity=2)


@pytest.fixture
def paid(order):
    return services.mark_order_paid(order_id=order.pk)


@pytest.fixture
def customer(as_user, order):
    return as_user(order.user)


@pytest.fixture
def part(order):
    return order.parts.all()[0]


@pytest.fixture
def seller(as_user, part):
    return as_user(part.seller.user)


@pytest.fixture
def strangers(api, as_user):
    """Everybody whom an order is none of the business of, and what they are told about one."""
    other = OrderFactory()
    shop = SellerFactory()
    return {
        "guest": (api, 401),
        "customer": (as_user(UserFactory()), 404),
        "seller": (as_user(shop.user), 404),
        "token": (type(api)(headers={"Order-Token": order_token(other.pk)}), 404),
    }


def state():
    return [
        sorted(Order.objects.values_list("pk", "status", "version")),
        sorted(OrderPart.objects.values_list("pk", "status", "version")),
        OrderEvent.objects.count(),
        Shipment.objects.count(),
    ]


# --- The customer's ---------------------------------------------------------------------------------------


def test_one_sees_ones_own_orders(customer, order):
    OrderFactory()
    body = customer.get(ORDERS).json()
    assert [row["number"] for row in body["results"]] == [order.number]
    assert (body["next"], body["previous"]) == (None, None)


def test_an_admin_sees_all(as_user, order):
    other, admin = OrderFactory(), as_user(AdminFactory())
    for path in (ORDERS, "/api/v1/admin/orders"):
        assert {row["id"] for row in admin.get(path).json()["results"]} == {str(order.pk), str(other.pk)}
    assert admin.get(f"/api/v1/admin/orders/{order.number}").json()["id"] == str(order.pk)


def test_the_list_costs_the_same_however_long(customer, order, django_assert_max_num_queries):
    for _ in range(3):
        OrderFactory(user=order.user)
    with django_assert_max_num_queries(7):
        assert len(customer.get(ORDERS).json()["results"]) == 4


def test_parts_stay_in_their_order_whichever_changed_last(customer, order, paid, seller, part):
    """And their items and shipments with them."""
    seller.post(f"{PARTS}/{part.pk}/accept")
    before = customer.get(f"{ORDERS}/{order.pk}").json()
    for step in ({"items": [{"id": before["parts"][0]["items"][0]["id"], "quantity": 1}]}, {}):
        assert seller.post(f"{PARTS}/{part.pk}/ship", step).status_code == 200
        body = customer.get(f"{ORDERS}/{order.pk}").json()
        assert [row["id"] for row in body["parts"]] == [row["id"] for row in before["parts"]]
        assert [row["id"] for row in body["items"]] == [row["id"] for row in before["items"]]
    shipments = body["parts"][0]["shipments"]
    assert [row["id"] for row in shipments] == [
        str(pk) for pk in sorted(Shipment.objects.values_list("pk", flat=True))
    ]
    listed = customer.get(ORDERS).json()["results"][0]
    assert [row["id"] for row in listed["parts"]] == [row["id"] for row in before["parts"]]


def test_filters(customer, order):
    paid = services.mark_order_paid(order_id=OrderFactory(user=order.user).pk)

    def found(query):
        return [row["id"] for row in customer.get(f"{ORDERS}?{query}").json()["results"]]

    assert found("status=paid") == [str(paid.pk)]
    assert found("status=expired") == []
    first, second = (row.created_at.isoformat().replace("+00:00", "Z") for row in (order, paid))
    assert found(f"created_after={second}") == [str(paid.pk)]
    assert found(f"created_before={second}") == [str(order.pk)]
    assert len(found(f"created_after={first}&sort=created_at")) == 2


@pytest.mark.parametrize("query", ["status=lost", "created_after=yesterday", "state=paid", "sort=total"])
def test_a_wrong_filter_is_400(customer, query):
    assert customer.get(f"{ORDERS}?{query}").status_code == 400


def test_the_timeline(customer, paid):
    rows = customer.get(f"{ORDERS}/{paid.number}/events").json()["results"]
    assert [(row["type"], row["status"], row["previous_status"], row["by"]) for row in rows] == [
        ("order.placed", "pending_payment", "", "customer"),
        ("order.status_changed", "paid", "pending_payment", "system"),
    ]


def test_cancel(customer, order):
    answer = customer.post(f"{ORDERS}/{order.number}/cancel", {"reason": "Too late"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = customer.post(f"{ORDERS}/{order.number}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


def test_cancel_with_a_stale_version(customer, order):
    etag = customer.get(f"{ORDERS}/{order.pk}").headers["ETag"]
    services.mark_order_paid(order_id=order.pk)
    before = state()
    assert customer.post(f"{ORDERS}/{order.pk}/cancel", headers={"If-Match": etag}).status_code == 412
    assert state() == before
    etag = customer.get(f"{ORDERS}/{order.pk}").headers["ETag"]
    assert customer.post(f"{ORDERS}/{order.pk}/cancel", headers={"If-Match": etag}).status_code == 200


def test_a_guest_cancels_with_the_orders_token(api, order):
    headers = {"Order-Token": order_token(order.pk)}
    assert api.post(f"{ORDERS}/{order.pk}/cancel", headers=headers).json()["status"] == "cancelled"
    assert OrderEvent.objects.get(part=None, status="cancelled").by == "customer"


@pytest.mark.parametrize("who", ["guest", "customer", "seller", "token"])
def test_an_order_is_nobody_elses_business(strangers, order, who):
    client, status = strangers[who]
    before = state()
    for method, path in [("get", ""), ("get", "/events"), ("post", "/cancel")]:
        assert getattr(client, method)(f"{ORDERS}/{order.pk}{path}").status_code == status
    assert state() == before


@pytest.mark.parametrize(
    ("permissions", "status"), [(["view_order"], 403), (["view_order", "change_order"], 200)]
)
def test_staff_who_only_see_orders_cancel_none(as_user, order, permissions, status):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    staff, before = as_user(user), state()
    assert staff.get(f"{ORDERS}/{order.pk}").status_code == 200
    assert staff.post(f"{ORDERS}/{order.pk}/cancel").status_code == status
    assert (state() == before) == (status == 403)


def test_staff_who_only_see_orders_cancel_their_own(as_user):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    assert as_user(user).post(f"{ORDERS}/{OrderFactory(user=user).pk}/cancel").status_code == 200


def test_even_a_seller_of_the_order_does_not_see_the_whole(seller, order):
    assert seller.get(f"{ORDERS}/{order.pk}").status_code == 404
    assert seller.post(f"{ORDERS}/{order.pk}/cancel").status_code == 404


@pytest.mark.parametrize("who", ["customer", "seller"])
def test_the_admins_list_is_closed_to_others(strangers, who):
    assert strangers[who][0].get("/api/v1/admin/orders").status_code == 403


# --- The seller's -----------------------------------------------------------------------------------------


def test_a_seller_sees_their_part_and_nothing_else(seller, order, part):
    body = seller.get(f"{PARTS}/{part.pk}").json()
    assert seller.get(PARTS).json()["results"] == [body]
    assert (body["id"], body["order"], body["number"]) == (str(part.pk), str(order.pk), order.number)
    assert [item["quantity"] for item in body["items"]] == [2]
    assert (body["order_status"], body["may_ship"], body["commission_rate"]) == (
        "pending_payment",
        False,
        "0.1",
    )
    other = order.parts.all()[1]
    assert other.items.get().sku not in str(body)
    assert order.email not in str(body)
    assert seller.get(f"{PARTS}/{other.pk}").status_code == 404


def test_accept_ship_deliver(seller, paid, part):
    assert seller.post(f"{PARTS}/{part.pk}/accept").json()["status"] == "accepted"
    item = part.items.get()
    parcel = {"items": [{"id": str(item.pk), "quantity": 1}], "carrier": "DHL", "tracking_number": "JD01"}
    body = seller.post(f"{PARTS}/{part.pk}/ship", parcel).json()
    assert body["status"] == "partially_shipped"
    shipment = body["shipments"][0]
    assert shipment["items"] == [{"id": str(item.pk), "quantity": 1}]
    assert (shipment["carrier"], shipment["tracking_number"]) == ("DHL", "JD01")
    assert seller.post(f"{PARTS}/{part.pk}/ship").json()["status"] == "shipped"
    body = seller.post(f"{PARTS}/{part.pk}/deliver").json()
    assert (body["status"], body["order_status"]) == ("delivered", "partially_shipped")


def test_cancel_a_part(seller, paid, part):
    assert seller.post(f"{PARTS}/{part.pk}/cancel").status_code == 400
    body = seller.post(f"{PARTS}/{part.pk}/cancel", {"reason": "Broken"}).json()
    assert (body["status"], body["cancel_reason"]) == ("cancelled", "Broken")


def test_an_invalid_step_is_409_and_names_the_possible(seller, paid, part):
    before = state()
    answer = seller.post(f"{PARTS}/{part.pk}/ship")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert answer.json()["allowed"] == ["accept", "remove", "cancel"]
    assert state() == before


def test_a_stale_version_of_a_part(seller, paid, part):
    etag = seller.get(f"{PARTS}/{part.pk}").headers["ETag"]
    seller.post(f"{PARTS}/{part.pk}/accept", headers={"If-Match": etag})
    assert seller.post(f"{PARTS}/{part.pk}/ship", headers={"If-Match": etag}).status_code == 412
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([{"id": "{item}", "quantity": 3}], "/items/0/quantity"),
        ([{"id": "{item}", "quantity": 0}], "/items/0/quantity"),
        ([{"id": "{item}", "quantity": True}], "/items/0/quantity"),
        ([{"id": "{other}", "quantity": 1}], "/items/0/id"),
        ([{"id": "x", "quantity": 1}], "/items/0/id"),
        ([{"id": "{item}", "quantity": 1}, {"id": "{item}", "quantity": 1}], "/items"),
        ([], "/items"),
        ("all", "/items"),
    ],
)
def test_only_what_remains_is_shipped(seller, paid, part, items, pointer):
    seller.post(f"{PARTS}/{part.pk}/accept")
    names = {"{item}": str(part.items.get().pk), "{other}": str(paid.parts.all()[1].items.get().pk)}
    body = (
        [row | {"id": names.get(row["id"], row["id"])} for row in items] if isinstance(items, list) else items
    )
    before = state()
    answer = seller.post(f"{PARTS}/{part.pk}/ship", {"items": body})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert state() == before


@pytest.mark.parametrize(
    ("who", "status"), [("guest", 401), ("customer", 403), ("seller", 404), ("token", 401)]
)
def test_a_part_is_no_strangers_business(strangers, paid, part, who, status):
    client, before = strangers[who][0], state()
    assert client.get(f"{PARTS}/{part.pk}").status_code == status
    for step in ("accept", "ship", "deliver", "cancel"):
        assert (
            client.post(f"{PARTS}/{part.pk}/{step}", {"reason": "x"} if step == "cancel" else {}).status_code
            == status
        )
    assert state() == before


def test_an_admin_acts_for_a_seller(as_user, paid, part):
    answer = as_user(AdminFactory()).post(f"{PARTS}/{part.pk}/accept")
    assert answer.json()["status"] == "accepted"
    assert OrderEvent.objects.get(part=part).by == "admin"


def test_a_repeated_key_does_a_step_once(seller, paid, part):
    headers = {"Idempotency-Key": "ship-1"}
    seller.post(f"{PARTS}/{part.pk}/accept")
    first = seller.post(f"{PARTS}/{part.pk}/ship", headers=headers)
    again = seller.post(f"{PARTS}/{part.pk}/ship", headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert Shipment.objects.count() == 1
