"""`/admin/users`."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Seller, User
from accounts.services import start_session
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.factories import PASSWORD, AdminFactory, SellerFactory, UserFactory

pytestmark = pytest.mark.django_db
USERS = f"{ROOT}/admin/users"


@pytest.fixture
def chief():
    return AdminFactory(email="chief@example.com", name="Chief")


@pytest.fixture
def admin(as_user, chief):
    return as_user(chief)


def clerk(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


# --- /admin/users -----------------------------------------------------------------------------------------


def test_list_and_read(admin, chief, settings, django_assert_num_queries):
    shop = SellerFactory(user__email="shop@example.com")
    with django_assert_num_queries(2):
        rows = admin.get(USERS).json()["results"]
    assert [row["email"] for row in rows] == ["shop@example.com", "chief@example.com"]
    assert admin.get(f"{USERS}/{shop.user_id}").json() == {
        "id": str(shop.user_id),
        "email": "shop@example.com",
        "name": shop.user.name,
        "role": settings.ROLE_IDS["seller"],
        "role_name": "seller",
        "email_verified": False,
        "locale": "en",
        "seller": str(shop.pk),
        "created_at": shop.user.created_at.isoformat().replace("+00:00", "Z"),
        "is_active": True,
        "is_staff": False,
    }


def test_filters(admin, chief, settings):
    ada = UserFactory(email="ada@example.com", name="Ada", is_active=False)
    SellerFactory(user__email="shop@example.com")

    def found(query):
        return [row["email"] for row in admin.get(f"{USERS}?{query}").json()["results"]]

    assert found("role=seller") == found(f"role={settings.ROLE_IDS['seller']}") == ["shop@example.com"]
    assert found("is_active=false") == ["ada@example.com"]
    assert found("q=ADA") == ["ada@example.com"]
    assert found(f"created_after={ada.created_at.isoformat().replace('+00:00', 'Z')}") == ["shop@example.com"]
    assert found("sort=-email")[0] == "shop@example.com"
    for query in ("role=9", "role=owner", "is_active=yes", "created_after=now", "email=x", "sort=password"):
        assert admin.get(f"{USERS}?{query}").status_code == 400


def test_who_may_see_and_change_users(api, as_user, chief):
    target = UserFactory()
    before = User.objects.values().get(pk=target.pk)
    for method, url in (("get", USERS), ("get", f"{USERS}/{target.pk}"), ("patch", f"{USERS}/{target.pk}")):
        assert challenge(getattr(api, method)(url), "not_authenticated")
        for user in (target, SellerFactory().user, clerk()):
            assert code_of(getattr(as_user(user), method)(url)) == (403, "permission_denied")
    assert User.objects.values().get(pk=target.pk) == before


def test_change_the_role(as_user, admin, settings):
    user = UserFactory()
    client = as_user(user)
    answer = admin.patch(f"{USERS}/{user.pk}", {"role": settings.ROLE_IDS["admin"]})
    assert answer.status_code == 200
    assert (answer.json()["role"], answer.json()["role_name"], answer.json()["is_staff"]) == (
        1,
        "admin",
        True,
    )
    assert challenge(client.get(f"{ROOT}/me"), "token_revoked")
    user.refresh_from_db()
    assert (user.role, user.is_superuser) == ("admin", True)
    assert admin.patch(f"{USERS}/{user.pk}", {"role": "customer"}).json()["role_name"] == "customer"


def test_deactivate_and_activate(api, admin):
    user = UserFactory()
    pair = start_session(user=user)
    url = f"{USERS}/{user.pk}"
    assert admin.patch(url, {"is_active": False}).json()["is_active"] is False
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert api.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).status_code == 401
    assert admin.patch(url, {"is_active": True}).json()["is_active"] is True
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")  # what was ended stays so
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert api.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).status_code == 200


def test_a_seller_has_a_shop(admin):
    user = UserFactory(name="Ada")
    url = f"{USERS}/{user.pk}"
    answer = admin.patch(url, {"role": "seller"})
    shop = Seller.objects.get()
    assert (shop.user, shop.name, shop.slug, shop.status) == (user, "Ada", "ada", "active")
    assert (answer.json()["role_name"], answer.json()["seller"]) == ("seller", str(shop.pk))
    for change in ({"role": "customer"}, {"role": "seller"}, {"is_active": False}):
        before = "active" if change != {"role": "seller"} else "suspended"
        assert Seller.objects.get().status == before
        assert admin.patch(url, change).status_code == 200
        assert Seller.objects.get().status == ("active" if change == {"role": "seller"} else "suspended")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"role": 9}, ("/role", "invalid_choice")),
        ({"role": "owner"}, ("/role", "invalid_choice")),
        ({"role": True}, ("/role", "invalid_choice")),
        ({"role": "1"}, ("/role", "invalid_choice")),
        ({"role": 1.0}, ("/role", "invalid_choice")),
        ({"role": None}, ("/role", "null")),
        ({"role": []}, ("/role", "invalid_choice")),
        ({"is_active": "false"}, ("/is_active", "wrong_type")),
        ({"is_active": 0}, ("/is_active", "wrong_type")),
        ({"is_active": None}, ("/is_active", "null")),
        ({"password": "x"}, ("/password", "unknown_field")),
        ({"is_superuser": True}, ("/is_superuser", "unknown_field")),
    ],
)
def test_bad_changes_are_refused(admin, body, error):
    user = UserFactory()
    before = User.objects.values().get(pk=user.pk)
    assert errors_of(admin.patch(f"{USERS}/{user.pk}", body)) == {error}
    assert User.objects.values().get(pk=user.pk) == before


def test_read_only_members_change_nothing(admin):
    user = UserFactory()
    before = User.objects.values().get(pk=user.pk)
    assert (
        admin.patch(
            f"{USERS}/{user.pk}", {"email": "x@example.com", "is_staff": True, "name": "X"}
        ).status_code
        == 200
    )
    assert User.objects.values().get(pk=user.pk) == before


@pytest.mark.parametrize(
    "body", [{"role": "customer"}, {"is_active": False}, {"role": "seller", "is_active": True}]
)
def test_the_last_admin_stays(admin, chief, body):
    AdminFactory(is_active=False)
    before = User.objects.values().get(pk=chief.pk)
    assert code_of(admin.patch(f"{USERS}/{chief.pk}", body)) == (409, "last_admin")
    assert User.objects.values().get(pk=chief.pk) == before
    assert (admin.get(USERS).status_code, Seller.objects.count()) == (200, 0)
    AdminFactory()
    assert admin.patch(f"{USERS}/{chief.pk}", {"is_active": False}).status_code in (200, 404)
    chief.refresh_from_db()
    assert chief.is_active is False


def test_no_such_user(admin):
    for name in ("0", "nobody", "999999999999999999"):
        assert code_of(admin.get(f"{USERS}/{name}")) == (404, "not_found")
        assert code_of(admin.patch(f"{USERS}/{name}", {"is_active": False})) == (404, "not_found")


def test_staff_do_what_django_lets_them(as_user, chief):
    target = UserFactory()
    reader, writer = as_user(clerk("view_user")), as_user(clerk("view_user", "change_user"))
    assert reader.get(f"{USERS}/{target.pk}").status_code == 200
    assert code_of(reader.patch(f"{USERS}/{target.pk}", {"is_active": False})) == (403, "permission_denied")
    assert writer.patch(f"{USERS}/{target.pk}", {"is_active": False}).status_code == 200
    for victim, body in (
        (target, {"role": "admin"}),
        (chief, {"is_active": False}),
        (chief, {"role": "customer"}),
    ):
        assert code_of(writer.patch(f"{USERS}/{victim.pk}", body)) == (403, "only_admin")
    chief.refresh_from_db()
    assert (chief.role, chief.is_active) == ("admin", True)
    shop = SellerFactory(status="pending")
    judge = as_user(clerk("view_seller", "change_seller"))
    assert judge.post(f"{ROOT}/admin/sellers/{shop.pk}/approve").status_code == 200
    assert code_of(judge.get(USERS)) == (403, "permission_denied")
