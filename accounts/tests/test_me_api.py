"""`/me`: profile, export, erasure."""

import pytest
from django.test import Client

from accounts.models import Address, Seller, Session, User
from accounts.services import start_session
from accounts.signals import seller_suspended
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.factories import PASSWORD, AddressFactory, AdminFactory, SellerFactory, UserFactory
from config.shared import registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com", name="Ada")


# --- Profile ----------------------------------------------------------------------------------------------


def test_everything_under_me_asks_for_a_log_in(api):
    for method, path in (
        ("get", "me"),
        ("patch", "me"),
        ("delete", "me"),
        ("get", "me/export"),
        ("get", "me/addresses"),
        ("post", "me/addresses"),
        ("get", "me/addresses/1"),
        ("patch", "me/addresses/1"),
        ("delete", "me/addresses/1"),
    ):
        assert challenge(getattr(api, method)(f"{ROOT}/{path}"), "not_authenticated")


@pytest.mark.parametrize("role", ["admin", "seller", "customer"])
def test_the_profile_shows_the_role(as_user, settings, role):
    factories = {"admin": AdminFactory, "seller": lambda: SellerFactory().user, "customer": UserFactory}
    user = factories[role]()
    body = as_user(user).get(f"{ROOT}/me").json()
    assert (body["role"], body["role_name"]) == (settings.ROLE_IDS[role], role)
    assert body["seller"] == (str(user.seller.pk) if role == "seller" else None)


def test_change_the_name(as_user, user):
    answer = as_user(user).patch(f"{ROOT}/me", {"name": "  Augusta Ada "})
    assert answer.status_code == 200
    assert answer.json()["name"] == "Augusta Ada"
    user.refresh_from_db()
    assert user.name == "Augusta Ada"


def test_change_the_locale(as_user, user):
    client = as_user(user)
    assert client.get(f"{ROOT}/me").json()["locale"] == "en"
    for locale in ("de", "de-AT", "zh-Hant-TW", "es-419"):
        assert client.patch(f"{ROOT}/me", {"locale": locale}).json()["locale"] == locale
    wrong = ("", "D", "german", "de_AT", "de-at", "DE", "../x")
    for locale in wrong:
        code = "locale" if locale else "blank"
        assert errors_of(client.patch(f"{ROOT}/me", {"locale": locale})) == {("/locale", code)}
    assert errors_of(client.patch(f"{ROOT}/me", {"locale": 7})) == {("/locale", "wrong_type")}
    user.refresh_from_db()
    assert (user.locale, user.name) == ("es-419", "Ada")


@pytest.mark.parametrize("body", [{"password": "wrong"}, {"reason": ""}, [1]])
def test_an_erasure_with_a_body_is_refused(as_user, user, body):
    """Whoever sends one expects it to be looked at."""
    before = User.objects.values().get()
    assert as_user(user).delete(f"{ROOT}/me", body).status_code == 400
    assert User.objects.values().get() == before


def test_nothing_else_of_a_user_can_be_assigned(as_user, user):
    client = as_user(user)
    before = User.objects.values().get()
    known = ("id", "email", "role", "role_name", "email_verified", "seller", "created_at")
    for name in known:  # read-only: may be sent back
        assert client.patch(f"{ROOT}/me", {name: "1"}).status_code == 200
    for name in {field.name for field in User._meta.get_fields()} - {*known, "name", "locale"}:
        assert errors_of(client.patch(f"{ROOT}/me", {name: "1"})) == {(f"/{name}", "unknown_field")}
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        (None, "null"),
        (7, "wrong_type"),
        ("x" * 151, "max_length"),
        ("a\tb", "control_character"),
    ],
)
def test_a_bad_name_is_refused(as_user, user, name, code):
    assert errors_of(as_user(user).patch(f"{ROOT}/me", {"name": name})) == {("/name", code)}
    user.refresh_from_db()
    assert user.name == "Ada"


def test_unknown_parameters_and_methods(as_user, user):
    client = as_user(user)
    assert errors_of(client.get(f"{ROOT}/me?x=1")) == {("/x", "unknown_parameter")}
    assert client.post(f"{ROOT}/me").status_code == 405
    assert client.put(f"{ROOT}/me").status_code == 405


# --- Export -----------------------------------------------------------------------------------------------


def test_export(as_user, user, monkeypatch):
    AddressFactory(user=user)
    AddressFactory()
    shop = SellerFactory(user=user)
    monkeypatch.setattr(
        registry, "EXPORTERS", {"accounts": registry.EXPORTERS["accounts"], "x": lambda u: [u.pk]}
    )
    answer = as_user(user).get(f"{ROOT}/me/export")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"accounts", "x"}
    assert body["x"] == [user.pk]
    own = body["accounts"]
    assert set(own) == {"profile", "addresses", "sessions", "api_keys", "security_events", "shop", "webhooks"}
    assert (own["profile"]["email"], own["profile"]["name"]) == ("ada@example.com", "Ada")
    assert [address["postal_code"] for address in own["addresses"]] == ["SW1Y 4JH"]
    assert own["shop"]["slug"] == shop.slug
    assert len(own["sessions"]) == 1
    assert "refresh_jti" not in own["sessions"][0]
    assert "argon2" not in answer.content.decode()


# --- Erasure ----------------------------------------------------------------------------------------------


def test_erasure_anonymises_and_ends_sessions(api, user):
    pair = start_session(user=user)
    AddressFactory(user=user)
    kept = AddressFactory()
    assert bearer(pair.access).delete(f"{ROOT}/me").status_code == 204
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    assert challenge(api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}), "token_revoked")
    assert list(Address.objects.all()) == [kept]
    assert Session.objects.count() == 0
    user.refresh_from_db()
    assert user.email.endswith("@erased.invalid")
    assert (user.name, user.is_active, user.role, user.email_verified_at) == ("", False, "customer", None)
    assert not user.has_usable_password()
    assert api.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).status_code == 401
    again = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
    assert api.post(f"{ROOT}/auth/register", again).status_code == 201


def test_who_is_erased_does_not_come_back(as_user, user):
    as_user(user).delete(f"{ROOT}/me")
    boss, before = AdminFactory(), User.objects.values().get(pk=user.pk)
    for change in ({"is_active": True}, {"role": "admin"}):
        answer = as_user(boss).patch(f"{ROOT}/admin/users/{user.pk}", change)
        assert code_of(answer) == (409, "user_erased")
    site = Client()
    site.force_login(boss)
    passwords = {"password1": "another-horse-9", "password2": "another-horse-9"}
    assert site.post(f"/admin/accounts/user/{user.pk}/password/", passwords).status_code == 403
    assert User.objects.values().get(pk=user.pk) == before


def test_erasure_waits_for_what_is_unsettled(as_user, user, monkeypatch):
    erased = []
    monkeypatch.setattr(registry, "ERASERS", {"x": erased.append})
    blockers = {
        "orders": lambda u: [f"user {u.pk} has an open order"],
        "payments": lambda u: ["a payout is due"],
    }
    monkeypatch.setattr(registry, "ERASURE_BLOCKERS", blockers)
    before = User.objects.values().get()
    answer = as_user(user).delete(f"{ROOT}/me")
    assert code_of(answer) == (409, "erasure_blocked")
    assert answer.json()["reasons"] == [f"user {user.pk} has an open order", "a payout is due"]
    assert User.objects.values().get() == before
    assert Session.objects.open().count() == 1
    assert erased == []


def test_erasure_is_passed_on(as_user, user, monkeypatch):
    erased = []
    monkeypatch.setattr(registry, "ERASERS", {"x": lambda u: erased.append((u.pk, u.email))})
    assert as_user(user).delete(f"{ROOT}/me").status_code == 204
    assert erased == [(user.pk, "ada@example.com")]


def test_the_last_admin_stays(as_user):
    admin = AdminFactory()
    AdminFactory(is_active=False)
    client = as_user(admin)
    assert code_of(client.delete(f"{ROOT}/me")) == (409, "last_admin")
    assert client.get(f"{ROOT}/me").status_code == 200
    AdminFactory()
    assert client.delete(f"{ROOT}/me").status_code == 204
    admin.refresh_from_db()
    assert (admin.role, admin.is_staff, admin.is_superuser) == ("customer", False, False)


def test_an_erased_sellers_shop_closes_for_good(as_user):
    shop, told = SellerFactory(name="Ada's"), []

    def hear(sender, seller, **kwargs):
        told.append(seller.pk)

    seller_suspended.connect(hear)
    try:
        assert as_user(shop.user).delete(f"{ROOT}/me").status_code == 204
    finally:
        seller_suspended.disconnect(hear)
    assert told == [shop.pk]
    shop = Seller.objects.get()
    assert (shop.name, shop.description, shop.status) == ("Closed shop", "", "suspended")
    assert shop.slug.startswith("closed-")
    answer = as_user(AdminFactory()).post(f"{ROOT}/admin/sellers/{shop.pk}/approve")
    assert code_of(answer) == (409, "user_inactive")
