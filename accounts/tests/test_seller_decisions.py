"""What staff decide about shops."""

import pytest

from accounts import signals
from accounts.models import Seller, User
from accounts.tests.answers import ROOT, challenge, code_of
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory

pytestmark = pytest.mark.django_db
DECISIONS = ("approve", "reject", "suspend")


@pytest.fixture
def admin(as_user):
    return as_user(AdminFactory())


@pytest.fixture
def told():
    """The signals that were sent, in order: (name, the shop's status then)."""
    heard = []
    receivers = {}
    for name in ("seller_approved", "seller_rejected", "seller_suspended"):
        receivers[name] = lambda name=name, **payload: heard.append((name, payload["seller"].status))
        getattr(signals, name).connect(receivers[name])
    yield heard
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)


# --- Decisions --------------------------------------------------------------------------------------------


def test_approve(as_user, admin, told):
    user = UserFactory()
    client = as_user(user)
    shop = client.post(f"{ROOT}/sellers/apply", {"name": "A"}).json()
    answer = admin.post(f"{ROOT}/admin/sellers/{shop['id']}/approve")
    assert answer.status_code == 200
    assert answer.json() == shop | {"status": "active", "user": str(user.pk)}
    assert told == [("seller_approved", "active")]
    user.refresh_from_db()
    assert user.role == "seller"
    assert challenge(client.get(f"{ROOT}/me"), "token_revoked")  # the role has changed
    assert as_user(user).get(f"{ROOT}/sellers/me").status_code == 200


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        ("pending", "approve", "active"),
        ("rejected", "approve", "active"),
        ("suspended", "approve", "active"),
        ("pending", "reject", "rejected"),
        ("active", "suspend", "suspended"),
    ],
)
def test_steps_that_are_possible(admin, told, before, act, after):
    shop = SellerFactory(status=before)
    assert admin.post(f"{ROOT}/admin/sellers/{shop.slug}/{act}").json()["status"] == after
    shop.refresh_from_db()
    assert shop.status == after
    assert [status for _, status in told] == [after]


@pytest.mark.parametrize(
    ("before", "act", "allowed"),
    [
        ("active", "approve", ["suspended"]),
        ("active", "reject", ["suspended"]),
        ("rejected", "reject", ["active"]),
        ("suspended", "reject", ["active"]),
        ("pending", "suspend", ["active", "rejected"]),
        ("rejected", "suspend", ["active"]),
        ("suspended", "suspend", ["active"]),
    ],
)
def test_steps_that_are_not(admin, told, before, act, allowed):
    shop = SellerFactory(status=before, user__role="customer")
    answer = admin.post(f"{ROOT}/admin/sellers/{shop.pk}/{act}")
    assert code_of(answer) == (409, "invalid_transition")
    assert (answer.json()["status_now"], answer.json()["allowed"]) == (before, allowed)
    shop.refresh_from_db()
    assert (shop.status, shop.user.role, told) == (before, "customer", [])


@pytest.mark.parametrize("act", DECISIONS)
def test_only_staff_decide(api, as_user, act):
    shop = SellerFactory(status="active" if act == "suspend" else "pending")
    before = Seller.objects.values().get()
    url = f"{ROOT}/admin/sellers/{shop.pk}/{act}"
    assert challenge(api.post(url), "not_authenticated")
    for user in (UserFactory(), shop.user, UserFactory(is_staff=True)):
        assert code_of(as_user(user).post(url)) == (403, "permission_denied")
    assert Seller.objects.values().get() == before


@pytest.mark.parametrize("act", DECISIONS)
def test_no_such_shop(admin, act):
    for name in ("0", "nobody", "%00"):
        assert code_of(admin.post(f"{ROOT}/admin/sellers/{name}/{act}")) == (404, "not_found")


def test_shops_as_staff_see_them(admin, as_user, api, django_assert_max_num_queries):
    for status in Seller.Status.values:
        SellerFactory(status=status)
    url = f"{ROOT}/admin/sellers"
    with django_assert_max_num_queries(2):
        assert len(admin.get(url).json()["results"]) == 4
    for status in Seller.Status.values:
        rows = admin.get(f"{url}?status={status}").json()["results"]
        assert [row["status"] for row in rows] == [status]
    shop = Seller.objects.get(status="pending")
    assert admin.get(f"{url}/{shop.pk}").json()["user"] == str(shop.user_id)
    assert admin.get(f"{url}?status=open").status_code == 400
    assert challenge(api.get(url), "not_authenticated")
    for user in (shop.user, UserFactory()):
        assert code_of(as_user(user).get(url)) == (403, "permission_denied")
    assert User.objects.filter(role="admin").count() == 1
