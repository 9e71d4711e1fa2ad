from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


def types(standin):
    return [event["type"] for event in standin.events()]


def test_create_confirm_succeed(api, standin):
    intent = api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "USD",
            "metadata": {"order": "7"},
            "automatic_payment_methods": NO_REDIRECTS,
        }
    )
    assert (intent.status, intent.currency, intent.latest_charge) == ("requires_payment_method", "usd", None)
    assert intent.client_secret.startswith(intent.id + "_secret_")
    assert intent.automatic_payment_methods.to_dict() == {"allow_redirects": "never", "enabled": True}

    paid = api.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )
    assert (paid.status, paid.amount_received, paid.metadata["order"]) == ("succeeded", 2000, "7")
    charge = paid.latest_charge
    assert (charge.status, charge.captured, charge.amount_captured) == ("succeeded", True, 2000)
    assert charge.payment_method_details.card.last4 == "4242"
    assert charge.metadata["order"] == "7"
    assert types(standin) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_fee_is_2_9_percent_and_30(api, pay):
    intent = pay(amount=12345, expand=["latest_charge.balance_transaction"])
    transaction = intent.latest_charge.balance_transaction
    assert (transaction.amount, transaction.fee, transaction.net) == (12345, 388, 11957)
    assert transaction.fee_details[0].to_dict()["amount"] == 388
    assert api.balance.retrieve().pending[0].amount == 11957


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (0, "usd", "parameter_invalid_integer"),
        (-5, "usd", "parameter_invalid_integer"),
        (100_000_000, "usd", "amount_too_large"),
    ],
)
def test_amount_limits(api, amount, currency, code):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.create({"amount": amount, "currency": currency})
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, code, "amount")


def test_the_minimum_itself_is_accepted(api):
    assert api.payment_intents.create({"amount": 30, "currency": "gbp"}).amount == 30


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 2000}, "parameter_missing", "currency"),
        ({"amount": "12.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 2000, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        (
            {"amount": 2000, "currency": "usd", "automatic_payment_methods": {"on": True}},
            "parameter_unknown",
            "automatic_payment_methods[on]",
        ),
        ({"amount": 2000, "currency": "usd", "customer": "cus_none"}, "resource_missing", "customer"),
        (
            {"amount": 2000, "currency": "usd", "payment_method": "pm_none"},
            "resource_missing",
            "payment_method",
        ),
    ],
)
def test_bad_parameters(api, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.create(params)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_confirm_needs_a_method_and_a_way_back(api):
    redirecting = api.payment_intents.create({"amount": 2000, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method") as caught:
        api.payment_intents.confirm(redirecting.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        api.payment_intents.confirm(redirecting.id, {"payment_method": "pm_card_visa"})
    assert api.payment_intents.retrieve(redirecting.id).status == "requires_payment_method"
    paid = api.payment_intents.confirm(
        redirecting.id, {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
    )
    assert paid.status == "succeeded"


def test_a_method_given_beforehand_waits_for_confirmation(api):
    intent = api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_card_mastercard",
            "payment_method_types": ["card"],
        }
    )
    assert intent.status == "requires_confirmation"
    assert api.payment_intents.confirm(intent.id).status == "succeeded"


def test_confirming_twice_is_refused(api, pay):
    intent = pay()
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as caught:
        api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert caught.value.code == "payment_intent_unexpected_state"
    assert caught.value.error.payment_intent.status == "succeeded"
    assert len(api.charges.list({"payment_intent": intent.id}).data) == 1


def test_cancel(api, standin):
    intent = api.payment_intents.create({"amount": 2000, "currency": "usd"})
    canceled = api.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert types(standin) == ["payment_intent.created", "payment_intent.canceled"]
    for act in (api.payment_intents.cancel, api.payment_intents.confirm, api.payment_intents.capture):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            act(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"


def test_a_succeeded_intent_cannot_be_canceled_or_changed(api, pay):
    intent = pay()
    for act in (
        lambda: api.payment_intents.cancel(intent.id),
        lambda: api.payment_intents.update(intent.id, {"amount": 100}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            act()
        assert caught.value.code == "payment_intent_unexpected_state"
    noted = api.payment_intents.update(intent.id, {"metadata": {"order": "9"}, "description": "late"})
    assert (noted.amount, noted.metadata["order"], noted.description) == (2000, "9", "late")


def test_update_merges_metadata(api):
    intent = api.payment_intents.create({"amount": 2000, "currency": "usd", "metadata": {"a": "1", "b": "2"}})
    changed = api.payment_intents.update(intent.id, {"amount": 2500, "metadata": {"b": "", "c": "3"}})
    assert (changed.amount, changed.metadata.to_dict()) == (2500, {"a": "1", "c": "3"})


def test_manual_capture_of_a_part(api, pay, standin):
    intent = pay(capture_method="manual", expand=["latest_charge"])
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 2000, 0)
    assert intent.latest_charge.captured is False
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.capture(intent.id, {"amount_to_capture": 2001})
    assert caught.value.code == "amount_too_large"
    captured = api.payment_intents.capture(
        intent.id, {"amount_to_capture": 1500, "expand": ["latest_charge"]}
    )
    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 1500, 0)
    assert (captured.latest_charge.amount_captured, captured.latest_charge.amount_refunded) == (1500, 500)
    assert types(standin)[1:] == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_cancel_releases_what_was_held(api, pay):
    intent = pay(capture_method="manual")
    canceled = api.payment_intents.cancel(intent.id, {"expand": ["latest_charge"]})
    assert (canceled.status, canceled.latest_charge.refunded) == ("canceled", True)
    assert api.balance_transactions.list().data == []


def test_authentication_by_redirect(api, standin):
    intent = api.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
            "return_url": "https://shop.test/back?order=7",
        }
    )
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    page = intent.next_action.redirect_to_url.url
    assert "Complete authentication" in requests.get(page, timeout=5).text
    back = requests.post(page, {"outcome": "complete"}, allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query == {
        "order": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    assert api.payment_intents.retrieve(intent.id).status == "succeeded"
    assert types(standin)[1:] == [
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    again = requests.post(page, {"outcome": "fail"}, allow_redirects=False, timeout=5)
    assert "redirect_status=succeeded" in again.headers["location"]


def test_failed_authentication(api, pay, standin):
    intent = pay("pm_card_authenticationRequired")
    assert intent.next_action.type == "use_stripe_sdk"
    done = requests.post(intent.next_action.use_stripe_sdk["stripe_js"], {"outcome": "fail"}, timeout=5)
    assert done.status_code == 200
    failed = api.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert types(standin)[-1] == "payment_intent.payment_failed"


def test_the_page_needs_the_client_secret(pay):
    page = pay("pm_card_authenticationRequired").next_action.use_stripe_sdk["stripe_js"]
    assert requests.get(page.split("?")[0], timeout=5).status_code == 404


def test_decline_after_authentication(api, pay):
    intent = pay("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    requests.post(intent.next_action.use_stripe_sdk["stripe_js"], {"outcome": "complete"}, timeout=5)
    assert api.payment_intents.retrieve(intent.id).last_payment_error.decline_code == "insufficient_funds"


def test_off_session_cannot_authenticate(api, pay):
    with pytest.raises(stripe.CardError) as caught:
        pay("pm_card_authenticationRequired", off_session=True)
    assert caught.value.code == "authentication_required"
    assert caught.value.error.payment_intent.status == "requires_payment_method"


@pytest.mark.parametrize(
    ("method", "currency"), [("pm_usBankAccount_success", "usd"), ("pm_success_de", "eur")]
)
def test_asynchronous_success(api, pay, standin, method, currency):
    intent = pay(method, currency=currency, expand=["latest_charge"])
    assert (intent.status, intent.latest_charge.status) == ("processing", "pending")
    assert standin.advance() == 1
    paid = api.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    assert types(standin)[1:] == [
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_asynchronous_failure(api, pay, standin):
    intent = pay("pm_usBankAccount_insufficientFunds")
    standin.advance()
    failed = api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert (failed.latest_charge.status, failed.latest_charge.paid) == ("failed", False)
    assert types(standin)[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_processing_intent_cannot_be_canceled(api, pay):
    intent = pay("pm_usBankAccount_processing")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.cancel(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_a_bank_debit_needs_its_currency(pay):
    with pytest.raises(stripe.InvalidRequestError, match="is not allowed for this PaymentIntent"):
        pay("pm_success_de", currency="usd")
