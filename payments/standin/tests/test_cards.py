import pytest
import stripe


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_is_an_error_and_a_fact(  # noqa: PLR0917
    api, pay, standin, method, code, decline_code
):
    with pytest.raises(stripe.CardError) as caught:
        pay(method)
    error = caught.value.error
    assert (caught.value.http_status, error.type) == (402, "card_error")
    assert (error.code, error.decline_code) == (code, decline_code)
    intent = api.payment_intents.retrieve(error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert (intent.last_payment_error.code, intent.last_payment_error.charge) == (code, error.charge)
    charge = intent.latest_charge
    assert (charge.id, charge.status, charge.paid, charge.failure_code) == (
        error.charge,
        "failed",
        False,
        code,
    )
    assert charge.balance_transaction is None
    assert [event["type"] for event in standin.events()] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_another_card_after_a_decline(api, pay):
    with pytest.raises(stripe.CardError) as caught:
        pay("pm_card_chargeDeclined")
    intent = caught.value.error.payment_intent.id
    paid = api.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert [charge.status for charge in api.charges.list({"payment_intent": intent})] == [
        "succeeded",
        "failed",
    ]


def test_a_decline_is_told_no_more_once_another_card_waits_for_its_authentication(api, pay):
    with pytest.raises(stripe.CardError) as caught:
        pay("pm_card_chargeDeclined")
    intent = caught.value.error.payment_intent.id
    assert api.payment_intents.retrieve(intent).last_payment_error.code == "card_declined"

    waiting = api.payment_intents.confirm(intent, {"payment_method": "pm_card_threeDSecure2Required"})

    assert (waiting.status, waiting.last_payment_error) == ("requires_action", None)
    assert api.payment_intents.retrieve(intent).last_payment_error is None


CARD = {"number": "4242 4242 4242 4242", "exp_month": 8, "exp_year": 2040, "cvc": "314"}


def test_a_raw_card_and_a_token(api):
    raw = api.payment_methods.create(
        {"type": "card", "card": CARD, "billing_details": {"name": "Jenny Rosen"}}
    )
    assert (raw.card.brand, raw.card.last4, raw.card.exp_year) == ("visa", "4242", 2040)
    assert raw.billing_details.name == "Jenny Rosen"
    token = api.payment_methods.create({"type": "card", "card": {"token": "tok_mastercard"}})
    assert (token.card.brand, token.card.last4) == ("mastercard", "4444")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 2001}, "invalid_expiry_year"),
        ({"cvc": "99"}, "invalid_cvc"),
    ],
)
def test_an_impossible_card(api, change, code):
    with pytest.raises(stripe.CardError) as caught:
        api.payment_methods.create({"type": "card", "card": CARD | change})
    assert caught.value.code == code


def test_a_raw_number_behaves_as_its_test_method(api, pay):
    declined = api.payment_methods.create({"type": "card", "card": CARD | {"number": "4000000000009995"}})
    with pytest.raises(stripe.CardError) as caught:
        pay(declined.id)
    assert caught.value.error.decline_code == "insufficient_funds"
