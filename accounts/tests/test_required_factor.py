"""The second factor where the service asks for it by itself: the admin site, and with `ADMIN_REQUIRE_TOTP` the API."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.authentication import socket_actor
from accounts.models import SecurityEvent
from accounts.tests.answers import ROOT, bearer, code_of
from accounts.tests.codes import fresh
from accounts.tests.factories import PASSWORD, AdminFactory, SellerFactory, UserFactory, enrolled, key_for
from config.shared.scopes import SecondFactorRequired

pytestmark = pytest.mark.django_db
WRONG = {"code": "000000"}


@pytest.fixture
def boss():
    return AdminFactory()


# --- The API ------------------------------------------------------------------------------------------------


def log_in(api, user):
    return api.post(f"{ROOT}/auth/token", {"email": user.email, "password": PASSWORD}).json()


@pytest.fixture
def required(settings):
    settings.ADMIN_REQUIRE_TOTP = True


def is_kept_out(client):
    paths = ("admin/users", "products", "me", "me/api-keys", "events")
    return {code_of(client.get(f"{ROOT}/{path}")) for path in paths} == {(403, "step_up_required")}


def test_a_password_alone_opens_staff_nothing_but_the_way_to_a_code(api, boss, required):
    client = bearer(log_in(api, boss)["access"])
    assert is_kept_out(client)
    secret = client.post(f"{ROOT}/me/totp")
    assert secret.status_code == 201
    assert is_kept_out(client)
    assert client.post(f"{ROOT}/me/totp/confirm", fresh(boss)).status_code == 200
    assert client.get(f"{ROOT}/admin/users").status_code == 200


def test_once_a_session_is_enough_and_a_new_log_in_asks_again(api, boss, required):
    codes, pair = enrolled(boss), log_in(api, boss)
    client = bearer(pair["access"])
    assert is_kept_out(client)
    assert client.post(f"{ROOT}/auth/step-up", {"code": codes[0]}).status_code == 200
    assert client.get(f"{ROOT}/admin/users").status_code == 200
    refreshed = api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair["refresh"]}).json()["access"]
    assert bearer(refreshed).get(f"{ROOT}/admin/users").status_code == 200
    assert is_kept_out(bearer(log_in(api, boss)["access"]))


def test_no_socket_opens_either(api, boss, required, rf):
    token = log_in(api, boss)["access"]
    ticket = bearer(token).post(f"{ROOT}/auth/websocket-ticket").json()["ticket"]
    for given in (
        {"ticket": ticket, "authorization": ""},
        {"ticket": "", "authorization": f"Bearer {token}"},
    ):
        with pytest.raises(SecondFactorRequired):
            socket_actor(**given)


def test_customers_and_keys_are_not_asked(api, boss, required):
    assert bearer(log_in(api, UserFactory())["access"]).get(f"{ROOT}/me").status_code == 200
    assert bearer(key_for(boss, "accounts:read")).get(f"{ROOT}/admin/users").status_code == 200


# --- The admin site -----------------------------------------------------------------------------------------


def enter(user, **more):
    client = Client()
    data = {"username": user.email, "password": PASSWORD} | more
    answer = client.post("/admin/login/?next=/admin/", data)
    return client, answer


def is_inside(client):
    return client.get("/admin/accounts/user/").status_code == 200


def test_the_site_asks_whoever_is_enrolled(boss):
    client, answer = enter(boss)
    assert answer.status_code == 302
    assert is_inside(client)
    codes = enrolled(boss)
    assert not is_inside(client)  # the session began without a code
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for more in ({}, {"code": ""}, WRONG):
            client, answer = enter(boss, **more)
            assert b"code" in answer.content
            assert not is_inside(client)
        clock.shift(2)
        spent = fresh(boss)
        assert is_inside(enter(boss, **spent)[0])
        assert not is_inside(enter(boss, **spent)[0])
        assert is_inside(enter(boss, code=codes[0])[0])
        clock.shift(60)
        assert not is_inside(enter(boss, password="wrong-horse-9", **fresh(boss))[0])


def test_the_setting_keeps_out_who_is_not_enrolled(boss, settings):
    client, _ = enter(boss)
    assert is_inside(client)
    settings.ADMIN_REQUIRE_TOTP = True
    assert not is_inside(client)
    other, answer = enter(boss)
    assert b"Set up TOTP first" in answer.content
    assert not is_inside(other)
    enrolled(boss)
    assert is_inside(enter(boss, **fresh(boss))[0])


def test_the_log_in_page_has_the_field():
    page = Client().get("/admin/login/").content
    assert b'name="username"' in page
    assert b'name="password"' in page
    assert b'name="code"' in page


def test_a_customer_stays_out_with_whatever_code():
    user = UserFactory()
    enrolled(user)
    assert not is_inside(enter(user, **fresh(user))[0])


def test_rights_given_on_the_site_take_a_code(boss):
    user = UserFactory()
    data = {"action": "make_admin", "_selected_action": [user.pk]}
    enrolled(boss)
    site, _ = enter(boss, **fresh(boss))
    assert b"done" in site.post("/admin/accounts/user/", data, follow=True).content
    user.refresh_from_db()
    assert user.role == "admin"


def test_an_administrator_helps_who_lost_the_device(boss):
    shop = SellerFactory()
    enrolled(shop.user)
    site, _ = enter(boss)
    site.post("/admin/accounts/user/", {"action": "remove_totp", "_selected_action": [shop.user_id]})
    assert TOTPDevice.objects.count() == 0
    line = SecurityEvent.objects.latest("pk")
    assert (line.kind, line.user, line.by) == ("totp_removed", shop.user, boss)


def test_the_librarys_pages_are_not_there(boss):
    site, _ = enter(boss)
    for page in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert site.get(f"/admin/{page}/").status_code == 404
