import pytest
import requests
import stripe

SUCCESS = "https://shop.test/done?session={CHECKOUT_SESSION_ID}"


@pytest.fixture
def session(api):
    line = {"currency": "usd", "unit_amount": 1250, "product_data": {"name": "Rug <small>"}}
    return api.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price_data": line, "quantity": 2}],
            "success_url": SUCCESS,
            "cancel_url": "https://shop.test/cart",
            "client_reference_id": "order-7",
            "payment_intent_data": {"metadata": {"order": "7"}, "transfer_group": "order-7"},
        }
    )


def submit(session, method):
    form = {"payment_method": method, "email": "jenny@souk.test"}
    return requests.post(session.url, form, allow_redirects=False, timeout=5)


def types(standin):
    return [event["type"] for event in standin.events() if event["type"].startswith("checkout")]


def test_the_page_pays(api, session, standin):
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2500)
    page = requests.get(session.url, timeout=5).text
    assert "$25.00" in page
    assert "Rug &lt;small&gt;" in page
    back = submit(session, "pm_card_visa")
    assert back.headers["location"] == f"https://shop.test/done?session={session.id}"
    paid = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "line_items"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "jenny@souk.test"
    assert (paid.payment_intent.metadata["order"], paid.payment_intent.transfer_group) == ("7", "order-7")
    assert [line.amount_total for line in paid.line_items.data] == [2500]
    assert types(standin) == ["checkout.session.completed"]
    assert requests.get(session.url, allow_redirects=False, timeout=5).status_code == 303


def test_a_decline_leaves_the_page_open(api, session):
    refused = submit(session, "pm_card_chargeDeclined")
    assert (refused.status_code, "Your card was declined." in refused.text) == (200, True)
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    assert submit(session, "pm_card_visa").status_code == 303
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert [charge.status for charge in api.charges.list({"payment_intent": intent})] == [
        "succeeded",
        "failed",
    ]


def test_authentication_on_the_way(api, session):
    away = submit(session, "pm_card_threeDSecure2Required")
    back = requests.post(away.headers["location"], {"outcome": "complete"}, allow_redirects=False, timeout=5)
    final = requests.get(back.headers["location"], allow_redirects=False, timeout=5)
    assert final.headers["location"] == f"https://shop.test/done?session={session.id}"
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize(
    ("method", "status", "event"),
    [
        ("pm_usBankAccount_success", "paid", "checkout.session.async_payment_succeeded"),
        ("pm_usBankAccount_noAccount", "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_asynchronous_payment(api, standin, method, status, event):
    line = {"currency": "usd", "unit_amount": 1250, "product_data": {"name": "Rug"}}
    session = api.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price_data": line}],
            "success_url": SUCCESS,
            "payment_method_types": ["card", "us_bank_account"],
        }
    )
    submit(session, method)
    waiting = api.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    standin.advance()
    assert api.checkout.sessions.retrieve(session.id).payment_status == status
    assert types(standin) == ["checkout.session.completed", event]


def test_an_expired_session_cannot_be_paid(api, session, standin):
    submit(session, "pm_card_chargeDeclined")
    expired = api.checkout.sessions.expire(session.id, {"expand": ["payment_intent"]})
    assert (expired.status, expired.url, expired.payment_intent.status) == ("expired", None, "canceled")
    assert submit(session, "pm_card_visa").status_code == 404
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        api.checkout.sessions.expire(session.id)
    assert types(standin) == ["checkout.session.expired"]


def test_a_session_expires_also_without_its_intent(api, session):
    submit(session, "pm_card_chargeDeclined")
    api.payment_intents.cancel(api.checkout.sessions.retrieve(session.id).payment_intent)
    assert api.checkout.sessions.expire(session.id).status == "expired"


def test_advance_does_not_expire_what_is_open(api, session, standin):
    standin.advance()
    assert api.checkout.sessions.retrieve(session.id).status == "open"


def test_a_line_needs_a_price(api):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": SUCCESS,
                "line_items": [{"price_data": {"currency": "usd", "product_data": {"name": "Rug"}}}],
            }
        )
    assert caught.value.param == "line_items[0][price_data][unit_amount]"
