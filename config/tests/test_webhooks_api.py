import pytest

from accounts import services as accounts
from accounts.tests.factories import AdminFactory, SellerFactory
from config.shared.tests.test_outbound import Canary, serving
from config.shared.webhooks.models import WebhookDelivery, WebhookEndpoint
from config.shared.webhooks.services import create_webhook

pytestmark = pytest.mark.django_db
PATH = "/api/v1/sellers/me/webhooks"
URL = "https://example.com/hook"


@pytest.fixture
def shop():
    return SellerFactory()


@pytest.fixture
def seller(shop, as_user):
    return as_user(shop.user)


def test_the_secret_is_shown_once(seller, shop):
    made = seller.post(PATH, {"url": URL, "events": ["order.placed", "stock.low"], "description": "ERP"})
    assert made.status_code == 201
    body = made.json()
    row = WebhookEndpoint.objects.get()
    assert (row.owner, row.secret) == (f"seller:{shop.pk}", body.pop("secret"))
    assert row.secret.startswith("whsec_")
    assert seller.get(f"{PATH}/{row.pk}").json() == body
    assert seller.get(PATH).json()["results"] == [body]
    assert body | {"id": "", "created_at": ""} == {
        "id": "", "url": URL, "description": "ERP", "events": ["order.placed", "stock.low"], "is_active": True,
        "disabled_at": None, "disabled_reason": "", "failures": 0, "failing_since": None, "created_at": "",
    }  # fmt: skip
    rotated = seller.post(f"{PATH}/{row.pk}/rotate-secret").json()["secret"]
    assert rotated.startswith("whsec_")
    assert rotated != row.secret


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/url", "required"),
        ({"url": "http://169.254.169.254/latest"}, "/url", "address_refused"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "/url", "address_refused"),
        ({"url": "ftp://example.com"}, "/url", "address_refused"),
        ({"url": "http://u:p@example.com"}, "/url", "address_refused"),
        ({"url": 7}, "/url", "wrong_type"),
        ({"url": URL, "events": ["order.sold"]}, "/events", "unknown_event"),
        ({"url": URL, "events": ["access.ended"]}, "/events", "unknown_event"),
        ({"url": URL, "events": "order.placed"}, "/events", "not_a_list"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret", "unknown_field"),
        ({"url": URL, "owner": "admin"}, "/owner", "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused(seller, body, pointer, code):
    answer = seller.post(PATH, body)
    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert not WebhookEndpoint.objects.exists()


def test_with_services_of_one_s_own_only_https_is_taken(seller, settings):
    settings.OUTBOUND_LOOPBACK = False
    answer = seller.post(PATH, {"url": "http://example.com/hook"})
    assert [e["code"] for e in answer.json()["errors"]] == ["not_secure"]
    assert [e["code"] for e in seller.post(PATH, {"url": "https://127.0.0.1/"}).json()["errors"]] == [
        "address_refused"
    ]
    assert not WebhookEndpoint.objects.exists()


def test_the_same_address_twice_is_a_conflict(seller):
    seller.post(PATH, {"url": URL})
    answer = seller.post(PATH, {"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "url_taken")


def test_a_test_event_is_sent_and_can_be_sent_again(seller, run_jobs):
    with serving(Canary()) as receiver:
        webhook = seller.post(PATH, {"url": receiver.url}).json()["id"]
        sent = seller.post(f"{PATH}/{webhook}/test")
        assert (sent.status_code, sent.json()["type"], sent.json()["event"]) == (202, "webhook.test", None)
        run_jobs()
        path = f"{PATH}/{webhook}/deliveries/{sent.json()['id']}"
        detail = seller.get(path).json()
        assert (detail["status"], detail["attempts"], [line["status"] for line in detail["log"]]) == (
            "delivered",
            1,
            [200],
        )
        assert seller.post(f"{path}/redeliver").json()["status"] == "pending"
        run_jobs()
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
        assert [line["answer"] for line in seller.get(path).json()["log"]] == ["sung", "sung"]
        listed = seller.get(f"{PATH}/{webhook}/deliveries?status=delivered&type=webhook.test").json()
        assert [row["id"] for row in listed["results"]] == [detail["id"]]


def test_what_is_switched_off_sends_nothing(seller):
    webhook = seller.post(PATH, {"url": URL}).json()["id"]
    off = seller.patch(f"{PATH}/{webhook}", {"is_active": False}).json()
    assert (off["is_active"], off["disabled_reason"]) == (False, "owner")
    answer = seller.post(f"{PATH}/{webhook}/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_inactive")
    assert not WebhookDelivery.objects.exists()
    assert seller.patch(f"{PATH}/{webhook}", {"is_active": True}).json()["disabled_reason"] == ""


def test_a_suspended_shop_s_webhooks_wait_until_it_is_open_again(shop):
    own = f"seller:{shop.pk}"
    paused, off = create_webhook(owner=own, url=URL), create_webhook(owner=own, url=f"{URL}/2")
    WebhookEndpoint.objects.filter(pk=off.pk).update(disabled_at="2026-01-01T00:00Z", disabled_reason="owner")
    accounts.suspend_seller(seller_id=shop.pk)
    assert set(WebhookEndpoint.objects.values_list("pk", "disabled_reason")) == {
        (paused.pk, "suspended"),
        (off.pk, "owner"),
    }
    accounts.approve_seller(seller_id=shop.pk)
    assert set(WebhookEndpoint.objects.values_list("pk", "disabled_reason")) == {
        (paused.pk, ""),
        (off.pk, "owner"),
    }


def test_an_erased_seller_s_webhooks_are_exported_and_gone(shop):
    AdminFactory()
    create_webhook(owner=f"seller:{shop.pk}", url=URL)
    create_webhook(owner="admin", url=URL)
    assert accounts.export_user(user=shop.user)["accounts"]["webhooks"][0]["url"] == URL
    accounts.erase_user(user=shop.user)
    assert [row.owner for row in WebhookEndpoint.objects.all()] == ["admin"]
