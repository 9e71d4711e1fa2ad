from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.core import mail

from accounts.tests.factories import UserFactory
from config.shared.models import EventRecord
from social import services
from social.models import CAN_WAIT, Kind, Notification, SocialSettings
from social.unsubscribing import DIGEST, make_token

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications/preferences"


def test_reading_and_changing(as_user: Any) -> None:
    client = as_user(UserFactory())
    before = client.get(PATH).json()
    assert (before["digest"], set(before["kinds"])) == ("off", set(Kind.values))
    assert before["kinds"]["order.paid"] == {"in_app": True, "websocket": True, "email": True}
    assert before["kinds"]["product.new"]["email"] is False
    assert SocialSettings.objects.count() == 0

    change = {"digest": "weekly", "kinds": {"order.paid": {"email": False}, "product.new": {"email": True}}}
    after = client.patch(PATH, change)
    assert after.status_code == 200
    client.patch(PATH, {"kinds": {"order.paid": {"websocket": False}}})
    kinds = client.get(PATH).json()["kinds"]
    assert kinds["order.paid"] == {"in_app": True, "websocket": False, "email": False}
    assert (kinds["product.new"]["email"], client.get(PATH).json()["digest"]) == (True, "weekly")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"digest": "hourly"}, "/digest"),
        ({"kinds": {"order.paid": {"sms": True}}}, "/kinds/order.paid/sms"),
        ({"kinds": {"order.paid": {"email": "yes"}}}, "/kinds/order.paid/email"),
        ({"kinds": {"order.lost": {"email": True}}}, "/kinds/order.lost"),
        ({"kinds": {"order.paid": True}}, "/kinds/order.paid"),
        ({"kinds": []}, "/kinds"),
        ({"can_wait": [], "user": "1"}, "/user"),
    ],
)
def test_bad_wishes(as_user: Any, body: dict[str, Any], pointer: str) -> None:
    answer = as_user(UserFactory()).patch(PATH, body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert SocialSettings.objects.count() == 0


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        (["in_app"], (1, 0, 1, 1)),
        (["websocket"], (1, 1, 0, 1)),
        (["email"], (1, 1, 1, 0)),
        (["in_app", "websocket", "email"], (0, 0, 0, 0)),
    ],
)
def test_each_channel_can_be_closed(
    as_user: Any, run_jobs: Any, off: list[str], expected: tuple[int, int, int, int]
) -> None:
    user = UserFactory()
    services.change_settings(user=user, kinds={Kind.ORDER_PAID: dict.fromkeys(off, False)})
    services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": "SK-1"})])
    run_jobs()

    seen = as_user(user).get("/api/v1/notifications").json()
    frames = EventRecord.objects.filter(type="notification.created").count()
    assert seen["unread"] == len(seen["results"])
    assert (Notification.objects.count(), seen["unread"], frames, len(mail.outbox)) == expected


# --- Unsubscribing ----------------------------------------------------------------------------------------------


def test_one_click(api: Any, run_jobs: Any) -> None:
    user = UserFactory()
    services.notify(kind=Kind.ORDER_PAID, told=[(user.pk, {"number": "SK-1"})])
    run_jobs()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>")
    assert address.startswith(f"{settings.PUBLIC_URL}/api/v1/notifications/unsubscribe?token=")
    link = urlsplit(address)
    assert parse_qs(link.query)["token"][0] in mail.outbox[0].body.replace("%3A", ":")
    path = f"{link.path}?{link.query}"

    assert api.get(path).json() == {"kinds": ["order.paid"]}
    assert SocialSettings.objects.count() == 0
    for _ in range(2):
        form = "application/x-www-form-urlencoded"
        answer = api.generic("POST", path, "List-Unsubscribe=One-Click", content_type=form)
        assert (answer.status_code, answer.json()) == (200, {"kinds": ["order.paid"]})
    assert SocialSettings.objects.get().kinds == {"order.paid": {"email": False}}


def test_the_digests_link_ends_all_that_it_holds(api: Any) -> None:
    user = UserFactory()
    answer = api.post(f"/api/v1/notifications/unsubscribe?token={make_token(user.pk, DIGEST)}")

    assert answer.json()["kinds"] == sorted(CAN_WAIT)
    kept = SocialSettings.objects.get()
    assert [kind for kind in Kind.values if kept.wants(kind)["email"]] == [
        kind for kind in Kind.values if kind not in CAN_WAIT
    ]


def test_a_token_that_was_tampered_with_does_nothing(api: Any) -> None:
    user, victim = UserFactory(), UserFactory()
    good, other = make_token(user.pk, "order.paid"), make_token(victim.pk, "order.paid")
    body, _, signature = good.rpartition(":")
    crossed = f"{other.rpartition(':')[0]}:{signature}"
    for token in (crossed, good[:-1], good + "x", body, "x", "a" * 500, "🦊"):
        for method in (api.post, api.get):
            answer = method("/api/v1/notifications/unsubscribe", query_params={"token": token})
            assert (answer.status_code, answer.json()["status"]) == (400, 400)
    gone = make_token(10**9, "order.paid")
    assert api.post("/api/v1/notifications/unsubscribe", query_params={"token": gone}).status_code == 400
    assert api.post("/api/v1/notifications/unsubscribe").json()["code"] == "token_required"
    assert SocialSettings.objects.count() == 0


def test_how_others_see_one(as_user: Any) -> None:
    client = as_user(UserFactory())

    assert client.get("/api/v1/me/public").json() == {"public_name": "initial", "keeps_history": True}
    assert client.patch("/api/v1/me/public", {"public_name": "hidden"}).json()["public_name"] == "hidden"
    assert client.patch("/api/v1/me/public", {"public_name": "loud"}).status_code == 400
    assert client.get("/api/v1/me/public").json() == {"public_name": "hidden", "keeps_history": True}
