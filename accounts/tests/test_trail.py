"""The audit trail: what is on record, who reads it, and that nobody changes it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.mail_tokens import RESET, VERIFICATION
from accounts.models import ApiKey, SecurityEvent, Session, User
from accounts.models.security import Kind
from accounts.services import prune_security_events, record, start_session
from accounts.services.trail import subject_of
from accounts.tests.answers import ROOT, bearer, challenge, code_of
from accounts.tests.counters import forget_counters
from accounts.tests.factories import PASSWORD, AdminFactory, SellerFactory, UserFactory, key_for

pytestmark = pytest.mark.django_db
TRAIL = f"{ROOT}/admin/security-events"
NEW = "another-horse-9"


@pytest.fixture(autouse=True)
def _fresh_counters(db):
    forget_counters()


def kinds():
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


def last():
    return SecurityEvent.objects.latest("pk")


def log_in(api, email, password=PASSWORD, **headers):
    return api.post(f"{ROOT}/auth/token", {"email": email, "password": password}, headers=headers)


# --- What is recorded -------------------------------------------------------------------------------------


def test_a_log_in_from_where(api):
    user = UserFactory()
    log_in(api, user.email, **{"User-Agent": "Firefox", "X-Request-Id": "r-1"})
    line = last()
    assert (line.kind, line.user, line.by, line.subject) == ("logged_in", user, None, "")
    assert (line.address, line.user_agent, line.request_id) == ("127.0.0.1", "Firefox", "r-1")


def test_a_failed_log_in_of_a_user_and_of_nobody(api):
    user = UserFactory()
    log_in(api, user.email, "wrong-horse-9")
    assert (last().kind, last().user, last().details) == ("login_failed", user, {"at": "log-in"})
    log_in(api, "nobody@example.com", "wrong-horse-9")
    assert (last().user, last().subject) == (None, subject_of("nobody@example.com"))
    everything = str(list(SecurityEvent.objects.values()))
    assert "nobody" not in everything
    assert "wrong-horse" not in everything


def test_a_lock_out_is_recorded_once(api):
    user = UserFactory()
    for _ in range(15):
        log_in(api, user.email, "wrong-horse-9")
    assert kinds() == ["login_failed"] * 10 + ["locked_out"]
    assert last().user == user


def test_what_a_user_does(api):
    user = UserFactory()
    client = bearer(start_session(user=user).access)
    api.post(f"{ROOT}/auth/verify-email", {"token": VERIFICATION.make(user)})
    body = {"current_password": "wrong-horse-9", "new_password": NEW}
    client.post(f"{ROOT}/auth/password/change", body)
    client.post(f"{ROOT}/auth/password/change", body | {"current_password": PASSWORD})
    user.refresh_from_db()
    api.post(f"{ROOT}/auth/password/reset/confirm", {"token": RESET.make(user), "password": PASSWORD})
    bearer(start_session(user=user).access).post(f"{ROOT}/auth/logout-all")
    assert kinds() == [
        "email_verified", "login_failed", "password_changed", "password_reset", "logged_out_everywhere",
    ]  # fmt: skip
    assert {(line.user_id, line.by_id) for line in SecurityEvent.objects.all()} == {(user.pk, None)}


def test_a_refresh_token_used_again_is_recorded_once(api):
    pair = start_session(user=UserFactory())
    answers = [api.post(f"{ROOT}/auth/token/refresh", {"refresh": pair.refresh}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert kinds() == ["refresh_reused"]


def test_what_staff_do(as_user):
    boss, user, shop = AdminFactory(), UserFactory(), SellerFactory(status="pending")
    admin = as_user(boss)
    for change in ({"role": "seller"}, {"is_active": False}, {"is_active": True}, {"name": "x"}):
        assert admin.patch(f"{ROOT}/admin/users/{user.pk}", change).status_code == 200
    for act in ("approve", "suspend"):
        assert admin.post(f"{ROOT}/admin/sellers/{shop.pk}/{act}").status_code == 200
    lines = [(line.kind, line.user_id) for line in SecurityEvent.objects.filter(by=boss).order_by("pk")]
    assert lines == [
        ("seller_approved", user.pk),
        ("role_changed", user.pk),
        ("seller_suspended", user.pk),
        ("deactivated", user.pk),
        ("activated", user.pk),
        ("seller_approved", shop.user_id),
        ("seller_suspended", shop.user_id),
    ]
    changed = SecurityEvent.objects.get(kind="role_changed")
    assert changed.details == {"before": "customer", "after": "seller"}
    assert code_of(admin.post(f"{ROOT}/admin/sellers/{shop.pk}/suspend")) == (409, "invalid_transition")
    assert len(kinds()) == 7


def test_a_rejection_and_an_erasure(as_user):
    shop = SellerFactory(status="pending")
    as_user(AdminFactory()).post(f"{ROOT}/admin/sellers/{shop.pk}/reject")
    as_user(shop.user).delete(f"{ROOT}/me")
    assert kinds() == ["seller_rejected", "erased"]


def test_keys(as_user):
    user = SellerFactory().user
    client = as_user(user)
    made = client.post(f"{ROOT}/me/api-keys", {"name": "X", "scopes": ["catalog:read"]}).json()
    client.delete(f"{ROOT}/me/api-keys/{made['id']}")
    assert kinds() == ["api_key_created", "api_key_revoked"]
    assert last().details == {"key": made["prefix"]}
    assert made["key"] not in str(list(SecurityEvent.objects.values()))


def test_the_admin_site_and_the_command(run_jobs):
    boss, user = AdminFactory(), UserFactory()
    site = Client()
    site.post("/admin/login/", {"username": boss.email, "password": "wrong-horse-9"})
    site.post("/admin/login/", {"username": boss.email, "password": PASSWORD})
    data = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert site.post(f"/admin/accounts/user/{user.pk}/password/", data).status_code == 302
    key_for(SellerFactory().user, "catalog:read")
    key = ApiKey.objects.get()
    site.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    call_command("create_admin", user.email, password=PASSWORD)
    assert kinds() == [
        "login_failed", "logged_in", "password_changed", "api_key_created", "api_key_revoked", "role_changed",
        "password_changed",
    ]  # fmt: skip
    assert SecurityEvent.objects.filter(by=boss).count() == 2
    assert last().address is None
    key.refresh_from_db()
    assert key.revoked_at is not None


# --- Who reads it -----------------------------------------------------------------------------------------


def test_only_an_administrator_reads(api, as_user):
    record(Kind.LOGGED_IN, user=UserFactory())
    url = f"{TRAIL}/{last().pk}"
    for path in (TRAIL, url):
        assert challenge(api.get(path), "not_authenticated")
        for user in (UserFactory(), SellerFactory().user, UserFactory(is_staff=True)):
            assert code_of(as_user(user).get(path)) == (403, "permission_denied")
        admin = as_user(AdminFactory())
        assert admin.get(path).status_code == 200
        for method in ("post", "patch", "put", "delete"):
            assert getattr(admin, method)(path).status_code == 405


def test_a_line_and_the_filters(as_user, django_assert_num_queries):
    boss, ada, bob = AdminFactory(), UserFactory(), UserFactory()
    for kind, user in ((Kind.LOGGED_IN, ada), (Kind.LOGGED_IN, bob), (Kind.ROLE_CHANGED, bob)):
        record(kind, user=user, by=boss)
    client = as_user(boss)
    line = last()
    at = line.created_at.isoformat().replace("+00:00", "Z")
    assert client.get(f"{TRAIL}/{line.pk}").json() == {
        "id": str(line.pk), "kind": "role_changed", "user": str(bob.pk), "by": str(boss.pk), "subject": "",
        "address": None, "user_agent": "", "request_id": "", "details": {}, "created_at": at,
    }  # fmt: skip

    def found(query):
        return [(row["kind"], row["user"]) for row in client.get(f"{TRAIL}?{query}").json()["results"]]

    with django_assert_num_queries(2):
        assert len(found("")) == 3
    assert found(f"user={bob.pk}") == [("role_changed", str(bob.pk)), ("logged_in", str(bob.pk))]
    assert found(f"kind=logged_in&user={ada.pk}") == [("logged_in", str(ada.pk))]
    assert found(f"created_after={at}") == []
    assert len(found(f"created_before={at}")) == 2
    for query in ("user=x", "kind=x", "created_after=x", "by=1"):
        assert client.get(f"{TRAIL}?{query}").status_code == 400


def test_the_admin_site_shows_and_changes_nothing(as_user):
    record(Kind.LOGGED_IN, user=UserFactory())
    url = f"/admin/accounts/securityevent/{last().pk}"
    site, clerk = Client(), Client()
    site.force_login(AdminFactory())
    assert site.get("/admin/accounts/securityevent/").status_code == 200
    assert site.get(f"{url}/change/").status_code == 200
    assert site.post(f"{url}/change/", {"kind": "erased"}).status_code == 403
    assert site.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    assert site.get("/admin/accounts/securityevent/add/").status_code == 403
    assert site.get("/admin/accounts/apikey/").status_code == 200
    clerk.force_login(UserFactory(is_staff=True))
    assert clerk.get("/admin/accounts/securityevent/").status_code == 403


# --- Only ever added --------------------------------------------------------------------------------------


def test_the_database_refuses_to_change_or_remove_a_line():
    record(Kind.LOGGED_IN, user=UserFactory())
    SecurityEvent.objects.bulk_create(
        [SecurityEvent(kind="erased", created_at=timezone.now() - timedelta(400))]
    )
    for act in (
        lambda: SecurityEvent.objects.update(kind="erased"),
        lambda: SecurityEvent.objects.all().delete(),
        lambda: SecurityEvent.objects.filter(kind="erased").delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()
    assert kinds() == ["logged_in", "erased"]


def test_pruning_is_the_only_way_and_ends_with_itself(settings):
    now = timezone.now()
    for days in (0, 29, 31, 366):
        SecurityEvent.objects.create(kind="logged_in", created_at=now - timedelta(days))
    assert prune_security_events() == 1
    settings.SECURITY_EVENT_RETENTION = timedelta(days=1)
    assert prune_security_events() == 1  # never what is younger than 30 days
    assert SecurityEvent.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityEvent.objects.all().delete()


def test_an_unknown_kind_is_refused():
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityEvent.objects.create(kind="x")


def test_a_trail_outlives_its_user():
    user = UserFactory()
    record(Kind.LOGGED_IN, user=user)
    pk = user.pk
    user.delete()
    assert SecurityEvent.objects.get().user_id == pk
    assert User.objects.count() == Session.objects.count() == 0
