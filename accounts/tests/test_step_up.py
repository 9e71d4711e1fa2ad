"""TOTP: enrolment, codes that are good once, recovery codes, and what a step-up opens."""

from base64 import b32decode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.errors import StepUpRequired
from accounts.models import ApiKey, SecurityEvent, Session, User
from accounts.services import Origin, require_step_up, start_session, step_up
from accounts.tests.answers import ROOT, bearer, challenge, code_of, errors_of
from accounts.tests.codes import code_now, fresh
from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory, enrolled, key_for
from accounts.tests.test_races import at_once, counted
from config.shared.actor import Actor
from config.shared.models import IdempotencyRecord

pytestmark = pytest.mark.django_db
TOTP_URL, STEP_UP = f"{ROOT}/me/totp", f"{ROOT}/auth/step-up"
WRONG = {"code": "000000"}


@pytest.fixture
def boss():
    return AdminFactory()


@pytest.fixture
def admin(as_user, boss):
    return as_user(boss)


def kinds():
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


# --- Enrolment --------------------------------------------------------------------------------------------


def test_enrol_and_confirm(admin, boss):
    assert admin.get(TOTP_URL).json() == {"enrolled": False, "recovery_codes_left": 0}
    answer = admin.post(TOTP_URL)
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"secret", "uri", "qr"}
    uri = urlsplit(body["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == (
        "otpauth",
        "totp",
        f"/Souk%3A{boss.email.replace('@', '%40')}",
    )
    assert parse_qs(uri.query)["secret"] == [body["secret"]]
    assert body["qr"].startswith("data:image/svg+xml")
    assert admin.get(TOTP_URL).json()["enrolled"] is False
    assert code_of(admin.post(STEP_UP, WRONG)) == (409, "not_enrolled")

    key = b32decode(body["secret"])
    answer = admin.post(f"{TOTP_URL}/confirm", {"code": code_now(key)})
    assert answer.status_code == 200
    codes = answer.json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert admin.get(TOTP_URL).json() == {"enrolled": True, "recovery_codes_left": 10}
    assert not set(StaticToken.objects.values_list("token", flat=True)) & set(codes)
    assert errors_of(admin.post(STEP_UP, {"code": code_now(key)})) == {("/code", "wrong_code")}  # it is spent
    assert kinds() == ["totp_enrolled", "step_up_failed"]
    assert code_of(admin.post(TOTP_URL)) == (409, "already_enrolled")
    assert TOTPDevice.objects.get().confirmed


def test_an_unconfirmed_secret_is_replaced_and_asks_for_nothing(admin, boss):
    first, second = (admin.post(TOTP_URL).json()["secret"] for _ in range(2))
    assert first != second
    assert TOTPDevice.objects.count() == 1
    assert admin.patch(f"{ROOT}/admin/users/{UserFactory().pk}", {"role": "seller"}).status_code == 200
    wrong = admin.post(f"{TOTP_URL}/confirm", {"code": code_now(b32decode(first))})
    assert errors_of(wrong) == {("/code", "wrong_code")}
    assert code_of(admin.post(f"{TOTP_URL}/confirm", fresh(boss))) == (429, "locked_out")
    assert not TOTPDevice.objects.get().confirmed
    assert StaticToken.objects.count() == 0
    assert admin.delete(TOTP_URL).status_code == 204
    assert code_of(admin.delete(TOTP_URL)) == (409, "not_enrolled")
    assert "totp_removed" not in kinds()


def test_who_may_enrol(api, as_user):
    for method, path in (
        ("get", "me/totp"),
        ("post", "me/totp"),
        ("delete", "me/totp"),
        ("post", "me/totp/confirm"),
    ):
        assert challenge(getattr(api, method)(f"{ROOT}/{path}"), "not_authenticated")
        assert code_of(getattr(as_user(UserFactory()), method)(f"{ROOT}/{path}")) == (
            403,
            "permission_denied",
        )
    assert challenge(api.post(STEP_UP, WRONG), "not_authenticated")
    assert TOTPDevice.objects.count() == 0
    for user in (SellerFactory().user, UserFactory(is_staff=True)):
        assert as_user(user).post(TOTP_URL).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/code", "required"),
        ({"code": 123456}, "/code", "wrong_type"),
        ({"code": ""}, "/code", "blank"),
        ({"code": "1" * 33}, "/code", "max_length"),
        ({"code": "abcdef"}, "/code", "wrong_code"),
        ({"code": "٠٠٠٠٠٠"}, "/code", "wrong_code"),
        ({"code": "²²²²²²"}, "/code", "wrong_code"),
        ({"code": "123456", "x": 1}, "/x", "unknown_field"),
    ],
)
def test_bad_codes(admin, boss, body, pointer, code):
    enrolled(boss)
    assert errors_of(admin.post(STEP_UP, body)) == {(pointer, code)}
    assert Session.objects.filter(stepped_up_until=None).count() == 1


def test_no_secret_is_kept_for_replay_or_shown_on_the_trail(admin, boss):
    secret = admin.post(TOTP_URL, headers={"Idempotency-Key": "k"}).json()["secret"]
    answer = admin.post(f"{TOTP_URL}/confirm", fresh(boss), headers={"Idempotency-Key": "l"})
    assert IdempotencyRecord.objects.count() == 0
    trail = str(list(SecurityEvent.objects.values()))
    assert not any(text in trail for text in (secret, *answer.json()["recovery_codes"]))


# --- Stepping up ------------------------------------------------------------------------------------------


def test_a_step_up_lasts_five_minutes_of_one_session(boss):
    enrolled(boss)
    session, other = (bearer(start_session(user=boss).access) for _ in range(2))
    user = UserFactory()
    url, change = f"{ROOT}/admin/users/{user.pk}", {"role": "admin"}
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        assert code_of(session.patch(url, change)) == (403, "step_up_required")
        user.refresh_from_db()
        assert user.role == "customer"
        answer = session.post(STEP_UP, fresh(boss))
        assert answer.json() == {
            "valid_until": (now + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
        }
        assert code_of(other.patch(url, change)) == (403, "step_up_required")
        clock.shift(299)
        assert session.patch(url, change).status_code == 200
        clock.shift(2)
        assert code_of(session.patch(url, {"role": "customer"})) == (403, "step_up_required")


def test_the_same_code_again_is_refused(boss, admin):
    enrolled(boss)
    body = fresh(boss)
    assert admin.post(STEP_UP, body).status_code == 200
    assert errors_of(admin.post(STEP_UP, body)) == {("/code", "wrong_code")}
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert errors_of(admin.post(STEP_UP, body)) == {("/code", "wrong_code")}
    assert kinds() == ["totp_enrolled", "step_up_failed", "step_up_failed"]


def test_a_failure_makes_the_next_attempt_wait_longer_each_time(boss, admin):
    enrolled(boss)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for wait in (1, 2, 4, 8):
            assert errors_of(admin.post(STEP_UP, WRONG)) == {("/code", "wrong_code")}
            refused = admin.post(STEP_UP, fresh(boss))
            assert code_of(refused) == (429, "locked_out")
            assert refused.headers["Retry-After"] == str(wait + 1)
            clock.shift(wait)
        assert admin.post(STEP_UP, fresh(boss)).status_code == 200
        clock.shift(60)
        assert errors_of(admin.post(STEP_UP, WRONG)) == {("/code", "wrong_code")}
        assert admin.post(STEP_UP, fresh(boss)).headers["Retry-After"] == "2"  # a success begins anew


def test_a_recovery_code_is_good_once(boss, admin):
    first, second, *_ = enrolled(boss)
    assert admin.post(STEP_UP, {"code": first}).status_code == 200
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert errors_of(admin.post(STEP_UP, {"code": first})) == {("/code", "wrong_code")}
        clock.shift(2)
        assert admin.post(STEP_UP, {"code": second.upper().replace("-", " ")}).status_code == 200
    assert admin.get(TOTP_URL).json()["recovery_codes_left"] == 8
    assert kinds() == ["totp_enrolled", "recovery_code_used", "step_up_failed", "recovery_code_used"]


def test_anothers_code_is_no_code(boss, admin):
    enrolled(boss)
    other = AdminFactory()
    codes = enrolled(other)
    assert errors_of(admin.post(STEP_UP, {"code": codes[0]})) == {("/code", "wrong_code")}
    assert StaticToken.objects.filter(device__user=other).count() == 10


def test_removal_needs_a_step_up_and_ends_it(boss, admin):
    enrolled(boss)
    assert code_of(admin.delete(TOTP_URL)) == (403, "step_up_required")
    assert TOTPDevice.objects.count() == 1
    admin.post(STEP_UP, fresh(boss))
    assert admin.delete(TOTP_URL).status_code == 204
    assert (TOTPDevice.objects.count(), StaticDevice.objects.count(), StaticToken.objects.count()) == (
        0,
        0,
        0,
    )
    assert Session.objects.get().stepped_up_until is None
    assert kinds()[-1] == "totp_removed"


def test_removal_takes_nothing_of_anothers(boss, admin, as_user):
    other = AdminFactory()
    for person, client in ((boss, admin), (other, as_user(other))):
        enrolled(person)
        client.post(STEP_UP, fresh(person))
    before = Session.objects.get(user=other).stepped_up_until
    assert admin.delete(TOTP_URL).status_code == 204
    assert (before is not None, Session.objects.get(user=other).stepped_up_until) == (True, before)
    assert TOTPDevice.objects.get().user == other
    assert StaticToken.objects.filter(device__user=other).count() == 10


# --- What asks for it -------------------------------------------------------------------------------------


def test_the_predicate(boss):
    person, now = Actor(user=boss, role="admin"), timezone.now()
    require_step_up(person)
    enrolled(boss)
    for stepped_up_until in (None, now - timedelta(seconds=1)):
        with pytest.raises(StepUpRequired):
            require_step_up(Actor(user=boss, role="admin", stepped_up_until=stepped_up_until))
    require_step_up(Actor(user=boss, role="admin", stepped_up_until=now + timedelta(seconds=9)))
    require_step_up(Actor(user=boss, role="admin", key_id=1, scopes=frozenset()))


def test_an_enrolled_seller_makes_keys_after_a_step_up(as_user):
    user = SellerFactory().user
    client, body = as_user(user), {"name": "X", "scopes": ["payments:write"]}
    enrolled(user)
    assert code_of(client.post(f"{ROOT}/me/api-keys", body)) == (403, "step_up_required")
    assert ApiKey.objects.count() == 0
    client.post(STEP_UP, fresh(user))
    assert client.post(f"{ROOT}/me/api-keys", body).status_code == 201


def test_deactivating_an_administrator_asks_for_it_and_a_customer_does_not(boss, admin):
    enrolled(boss)
    other, customer = AdminFactory(), UserFactory()
    refused = admin.patch(f"{ROOT}/admin/users/{other.pk}", {"is_active": False})
    assert code_of(refused) == (403, "step_up_required")
    assert admin.patch(f"{ROOT}/admin/users/{customer.pk}", {"is_active": False}).status_code == 200
    assert User.objects.get(pk=other.pk).is_active


def test_keys_do_not_reach_it(boss):
    enrolled(boss)
    client = bearer(key_for(boss, "accounts:write", "accounts:read"))
    for method, url in (("get", TOTP_URL), ("post", TOTP_URL), ("delete", TOTP_URL), ("post", STEP_UP)):
        assert code_of(getattr(client, method)(url)) == (403, "person_required")
    assert TOTPDevice.objects.count() == 1


def test_erasure_forgets_it(as_user):
    user = UserFactory(is_staff=True)
    codes, client = enrolled(user), as_user(user)
    assert code_of(client.delete(f"{ROOT}/me")) == (403, "step_up_required")
    assert client.post(STEP_UP, {"code": codes[0]}).status_code == 200
    assert client.delete(f"{ROOT}/me").status_code == 204
    assert (TOTPDevice.objects.count(), StaticDevice.objects.count()) == (0, 0)


# --- Races ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_sixteen_times_at_once_is_good_once():
    user = AdminFactory()
    enrolled(user)
    session = start_session(user=user) and Session.objects.get().pk
    code = fresh(user)["code"]
    answers = at_once(16, lambda _: step_up(user=user, code=code, session_id=session))
    winners = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(winners) == 1
    assert len(answers) == 16


@pytest.mark.django_db(transaction=True)
def test_one_recovery_code_sent_sixteen_times_at_once_is_good_once():
    user = AdminFactory()
    code = enrolled(user)[0]
    client = bearer(start_session(user=user, origin=Origin()).access)
    answers = at_once(16, lambda _: client.post(STEP_UP, {"code": code}))
    counts = counted(answers)
    assert counts[200] == 1
    assert set(counts) <= {200, 400, 429}
    assert StaticToken.objects.count() == 9


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_one_is_tried():
    user = AdminFactory()
    enrolled(user)
    guesses = [f"{number:06}" for number in range(16)]
    answers = at_once(16, lambda n: step_up(user=user, code=guesses[n], session_id=""))
    assert counted(answers) == {400: 1, 429: 15}
    assert TOTPDevice.objects.get().throttling_failure_count == 1
