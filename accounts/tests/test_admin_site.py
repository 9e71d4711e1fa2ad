"""The admin site: passwords, actions through the services, and who may do what."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.errors import StepUpRequired
from accounts.models import SecurityEvent, Session, User
from accounts.services import start_session
from accounts.tests.answers import ROOT, bearer, challenge
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, AddressFactory, AdminFactory, SellerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return AdminFactory(email="chief@example.com", name="Chief")


def clerk(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


# --- The admin site ---------------------------------------------------------------------------------------


@pytest.fixture
def site(chief):
    client = Client()
    client.force_login(chief)
    return client


def run_action(client, model, action, *rows):
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(f"/admin/accounts/{model}/", data, follow=True)


def test_every_page_of_the_site_opens(site):
    shop, address = SellerFactory(), AddressFactory()
    start_session(user=shop.user)
    rows = {"user": shop.user, "seller": shop, "session": Session.objects.get(), "address": address}
    for name, row in rows.items():
        assert site.get(f"/admin/accounts/{name}/").status_code == 200
        assert site.get(f"/admin/accounts/{name}/{row.pk}/change/").status_code == 200
    assert site.get("/admin/accounts/user/add/").status_code == 200
    assert site.get(f"/admin/accounts/user/{shop.user.pk}/password/").status_code == 200
    for name, row in rows.items():
        assert site.post(f"/admin/accounts/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    for name in ("seller", "session", "address"):
        assert site.get(f"/admin/accounts/{name}/add/").status_code == 403


def test_sessions_and_addresses_are_read_only(site):
    address = AddressFactory(city="London")
    assert site.post(f"/admin/accounts/address/{address.pk}/change/", {"city": "X"}).status_code == 403
    address.refresh_from_db()
    assert address.city == "London"


def test_a_user_made_on_the_site(site, run_jobs):
    data = {
        "email": "New@Example.com",
        "name": "New",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert site.post("/admin/accounts/user/add/", data).status_code == 302
    user = User.objects.get(email="new@example.com")
    assert user.password.startswith("argon2$")
    assert (user.role, user.is_staff) == ("customer", False)
    assert run_jobs() == ["accounts.send_verification_mail"]
    taken = site.post("/admin/accounts/user/add/", data)
    assert b"There is an account with this e-mail address." in taken.content


def test_a_password_set_on_the_site_ends_the_sessions(site):
    user = UserFactory()
    pair = start_session(user=user)
    data = {"password1": "another-horse-9", "password2": "another-horse-9"}
    assert site.post(f"/admin/accounts/user/{user.pk}/password/", data).status_code == 302
    user.refresh_from_db()
    assert user.check_password("another-horse-9")
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")


def test_an_e_mail_address_set_on_the_site_is_not_verified_and_on_record(site, chief, run_jobs):
    user = UserFactory(email_verified_at=chief.created_at)
    data = {"email": "New@example.com", "name": user.name}
    assert site.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.email_verified_at) == ("new@example.com", None)
    line = SecurityEvent.objects.exclude(kind="logged_in").get()
    assert (line.kind, line.user, line.by) == ("email_changed", user, chief)
    assert run_jobs() == ["accounts.send_verification_mail"]
    site.post(f"/admin/accounts/user/{user.pk}/change/", data | {"name": "Ada"})
    assert SecurityEvent.objects.filter(kind="email_changed").count() == 1


def test_one_s_own_password_changed_on_the_site_ends_the_sessions(site, chief):
    pair = start_session(user=chief)
    new = "another-horse-9"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert site.post("/admin/password_change/", data).status_code == 302
    assert SecurityEvent.objects.latest("pk").kind == "password_changed"
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")


def test_one_s_own_password_cannot_be_guessed_on_the_site(site, chief):
    forget_counters()
    new = "another-horse-9"
    data = {"old_password": "wrong-horse-9", "new_password1": new, "new_password2": new}
    for _ in range(10):
        assert b"address or the password is wrong" in site.post("/admin/password_change/", data).content
    locked = site.post("/admin/password_change/", data | {"old_password": PASSWORD})
    assert b"Too many failed log-ins" in locked.content
    chief.refresh_from_db()
    assert chief.check_password(PASSWORD)
    forget_counters()


def test_actions_go_through_the_services(site, chief):
    user, shop = UserFactory(), SellerFactory(status="pending", user__role="customer")
    pair = start_session(user=user)
    run_action(site, "user", "deactivate", user)
    assert challenge(bearer(pair.access).get(f"{ROOT}/me"), "token_revoked")
    run_action(site, "user", "activate", user)
    run_action(site, "user", "make_admin", user)
    user.refresh_from_db()
    assert (user.is_active, user.role, user.is_staff) == (True, "admin", True)
    run_action(site, "user", "make_customer", user)
    page = run_action(site, "user", "make_customer", chief)
    assert b"This is the last administrator" in page.content
    chief.refresh_from_db()
    assert chief.role == "admin"
    run_action(site, "seller", "approve", shop)
    shop.refresh_from_db()
    assert (shop.status, User.objects.get(pk=shop.user_id).role) == ("active", "seller")
    page = run_action(site, "seller", "reject", shop)
    assert b"Not possible in status active" in page.content
    run_action(site, "seller", "suspend", shop)
    shop.refresh_from_db()
    assert shop.status == "suspended"


def test_the_commission_is_set_on_the_site(site):
    shop = SellerFactory(name="Old")
    url = f"/admin/accounts/seller/{shop.pk}/change/"
    assert site.post(url, {"commission_rate": "0.05", "name": "New"}).status_code == 302
    shop.refresh_from_db()
    assert (str(shop.commission_rate), shop.name) == ("0.050000", "Old")
    assert site.post(url, {"commission_rate": "1.5"}).status_code == 200  # the form again, with the error
    shop.refresh_from_db()
    assert str(shop.commission_rate) == "0.050000"


def test_other_staff_decide_on_shops_and_leave_the_commission_alone(client, as_user):
    shop, staff = SellerFactory(), clerk("view_seller", "change_seller")
    client.force_login(staff)
    client.post(f"/admin/accounts/seller/{shop.pk}/change/", {"commission_rate": "0"})
    assert (
        as_user(staff).patch(f"{ROOT}/admin/sellers/{shop.pk}", {"commission_rate": "0"}).status_code == 403
    )
    assert as_user(staff).post(f"{ROOT}/admin/sellers/{shop.pk}/suspend").status_code == 200
    shop.refresh_from_db()
    assert (str(shop.commission_rate), shop.status) == ("0.100000", "suspended")


def test_commission_and_rights_take_a_fresh_code_of_who_is_enrolled(site, monkeypatch):
    def asks(actor):
        raise StepUpRequired

    monkeypatch.setattr("accounts.desk.require_step_up", asks)
    shop, user = SellerFactory(), UserFactory()
    told = [
        site.post(f"/admin/accounts/seller/{shop.pk}/change/", {"commission_rate": "0.05"}),
        site.post(
            f"/admin/accounts/user/{user.pk}/change/",
            {"email": user.email, "name": user.name, "is_staff": "on"},
        ),
    ]
    assert [answer.url.partition("?")[0] for answer in told] == ["/admin/step-up/"] * 2
    shop.refresh_from_db()
    user.refresh_from_db()
    assert (str(shop.commission_rate), user.is_staff) == ("0.100000", False)


def test_a_filter_that_no_row_can_have_is_refused(site):
    assert site.get("/admin/accounts/seller/?created_at__year=0").url.endswith("?e=1")


def test_staff_cannot_raise_themselves(chief):
    user = clerk("view_user", "change_user")
    client = Client()
    client.force_login(user)
    assert (
        client.post(f"/admin/accounts/user/{chief.pk}/change/", {"email": "x@example.com"}).status_code == 403
    )
    passwords = {"password1": "another-horse-9", "password2": "another-horse-9"}
    assert client.post(f"/admin/accounts/user/{chief.pk}/password/", passwords).status_code == 403
    data = {"email": user.email, "name": "N", "role": "admin", "is_superuser": "on", "groups": "1"}
    assert client.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == 302
    run_action(client, "user", "make_admin", user)
    user.refresh_from_db()
    assert (user.name, user.role, user.is_superuser) == ("N", "customer", False)
    chief.refresh_from_db()
    assert (chief.email, chief.check_password(PASSWORD)) == ("chief@example.com", True)
