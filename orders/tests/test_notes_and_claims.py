"""Words on orders, and guests' orders that become somebody's."""

import pytest

from accounts.mail_tokens import EMAIL_CHANGE, VERIFICATION
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.tests.factories import VariantFactory
from config.shared.actor import Actor
from config.shared.models import EventRecord
from orders import services
from orders.models import CouponUse, Order, OrderEvent, OrderNote
from orders.tests.factories import ADDRESS, CouponFactory, OrderFactory, put_in_cart
from orders.tests.looks import fresh
from orders.tokens import new_cart_token, order_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    """Of two sellers."""
    return OrderFactory(variants=[VariantFactory(), VariantFactory()])


def texts(client, path):
    return [(row["by"], row["text"]) for row in client.get(path).json()["results"]]


def test_notes_are_read_by_whom_they_are_for(as_user, order):
    whole, parts = f"/api/v1/orders/{order.pk}/notes", list(order.parts.all())
    paths = [f"/api/v1/orders/seller/{part.pk}/notes" for part in parts]
    customer, admin = as_user(order.user), as_user(AdminFactory())
    sellers = [as_user(part.seller.user) for part in parts]
    assert customer.post(whole, {"text": "Ring twice"}).status_code == 201
    assert admin.post(whole, {"text": "Fraud?", "internal": True}).status_code == 201
    assert sellers[0].post(paths[0], {"text": "Sent by bike"}).status_code == 201
    assert sellers[0].post(paths[0], {"text": "A fusspot", "internal": True}).status_code == 201
    public = [("customer", "Ring twice"), ("seller", "Sent by bike")]
    assert texts(customer, whole) == public
    assert texts(admin, whole) == [public[0], ("admin", "Fraud?"), public[1], ("seller", "A fusspot")]
    assert texts(sellers[0], paths[0]) == [*public, ("seller", "A fusspot")]
    assert texts(sellers[1], paths[1]) == [public[0]]


def test_who_may_not_leave_notes(api, as_user, order):
    whole, part = f"/api/v1/orders/{order.pk}/notes", order.parts.all()[0]
    other = as_user(SellerFactory().user)
    assert as_user(order.user).post(whole, {"text": "x", "internal": True}).status_code == 403
    assert as_user(UserFactory()).post(whole, {"text": "x"}).status_code == 404
    assert other.post(f"/api/v1/orders/seller/{part.pk}/notes", {"text": "x"}).status_code == 404
    assert api.post(whole, {"text": "x"}).status_code == 401
    assert as_user(order.user).post(whole, {"text": "x" * 2001}).status_code == 400
    assert OrderNote.objects.count() == 0
    token = {"Order-Token": order_token(order.pk)}
    assert api.post(whole, {"text": "By the back door"}, headers=token).json()["by"] == "customer"


# --- Claims -----------------------------------------------------------------------------------------------------


def guest_order(email, coupon=None):
    actor = Actor(cart_token=new_cart_token())
    put_in_cart(actor, VariantFactory())
    if coupon:
        services.apply_coupon(held=services.lock_cart(actor=actor), code=coupon.code)
    return services.place_order(
        actor=actor, checkout=services.Checkout(shipping_address=ADDRESS, email=email)
    )


def test_a_guests_orders_become_the_users_when_the_address_is_verified(api, as_user):
    coupon = CouponFactory(usage_limit_per_customer=1)
    mine, other = (guest_order(email, coupon) for email in ("ada@example.com", "bob@example.com"))
    body = {"email": "Ada@Example.com", "password": "correct-horse-9", "name": "Ada"}
    assert api.post("/api/v1/auth/register", body).status_code == 201
    assert Order.objects.filter(user=None).count() == 2  # the address could be anybody's
    user = type(UserFactory()).objects.get(email="ada@example.com")
    assert api.post("/api/v1/auth/verify-email", {"token": VERIFICATION.make(user)}).status_code < 300
    assert (fresh(mine).user, fresh(other).user) == (user, None)
    assert [row["id"] for row in as_user(user).get("/api/v1/orders").json()["results"]] == [str(mine.pk)]
    assert {use.order_id: use.user for use in CouponUse.objects.all()} == {mine.pk: user, other.pk: None}
    event = OrderEvent.objects.get(type="order.claimed")
    assert (event.order_id, event.by, event.by_user) == (mine.pk, "customer", user.pk)
    token = {"Order-Token": order_token(mine.pk)}
    assert api.get(f"/api/v1/orders/{mine.pk}", headers=token).status_code == 200


def test_a_claimed_order_has_a_new_version_and_its_owner_hears_of_it(as_user):
    order, user = guest_order("ada@example.com"), UserFactory(email="ada@example.com")
    assert services.claim_guest_orders(user=user) == 1
    read = as_user(user).get(f"/api/v1/orders/{order.pk}")
    assert (order.version, read.headers["ETag"]) == (1, f'"{order.pk}-2"')
    told = EventRecord.objects.get(type="order.claimed")
    assert (told.stream, told.audiences) == ("orders", ["admin", f"user:{user.pk}"])
    assert told.data == {"order": str(order.pk), "number": order.number, "status": "pending_payment"}
    assert services.claim_guest_orders(user=user) == 0
    assert (fresh(order).version, EventRecord.objects.filter(type="order.claimed").count()) == (2, 1)


def test_many_claims_take_as_many_statements_as_few(django_assert_num_queries):
    for count in (1, 4):
        user = UserFactory()
        for _ in range(count):
            guest_order(user.email)
        with django_assert_num_queries(7):
            assert services.claim_guest_orders(user=user) == count


def test_a_guests_orders_become_the_users_who_moves_to_their_address(api):
    mine, other = guest_order("ada@new.example.com"), guest_order("bob@example.com")
    user = UserFactory(email="ada@example.com", pending_email="ada@new.example.com")
    assert (
        api.post("/api/v1/auth/email/change/confirm", {"token": EMAIL_CHANGE.make(user)}).status_code == 204
    )
    assert (fresh(mine).user, fresh(other).user) == (user, None)
