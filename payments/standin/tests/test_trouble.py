import pytest
import stripe

INTENT = {"amount": 2000, "currency": "usd"}


def test_the_answer_is_lost_but_the_effect_is_not(api, standin):
    standin.trouble(drop=True, times=1, method="POST")
    with pytest.raises(stripe.APIConnectionError):
        api.payment_intents.create(INTENT, {"idempotency_key": "k"})
    existing = api.payment_intents.list().data
    assert api.payment_intents.create(INTENT, {"idempotency_key": "k"}).id == existing[0].id
    assert [call["status"] for call in standin.calls(path="/v1/payment_intents")] == [None, 200, 200]


def test_dropped_before_the_commit_nothing_happens(api, standin):
    standin.trouble(drop=True, when="before", times=1)
    with pytest.raises(stripe.APIConnectionError):
        api.payment_intents.create(INTENT)
    assert api.payment_intents.list().data == []


def test_the_sdk_retries_a_500_and_gets_through(standin):
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": standin.url}, max_network_retries=2).v1
    standin.trouble(status=500, times=1)
    assert client.payment_intents.create(INTENT).status == "requires_payment_method"
    assert [call["status"] for call in standin.calls()] == [500, 200]


def test_only_the_calls_that_match(api, standin):
    standin.trouble(status=500, method="POST", path="/v1/refunds*")
    intent = api.payment_intents.create(INTENT)
    with pytest.raises(stripe.APIError):
        api.refunds.create({"payment_intent": intent.id})
    standin.calm()
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create({"payment_intent": intent.id})


def test_probability_zero_never_strikes(api, standin):
    standin.trouble(status=500, probability=0)
    assert api.payment_intents.create(INTENT).amount == 2000


@pytest.fixture
def impatient(standin):
    """The SDK with a timeout of 0.3 s and no retries."""
    client = stripe.RequestsClient(timeout=0.3)
    address = {"api": standin.url}
    return stripe.StripeClient(
        "sk_test_x", base_addresses=address, max_network_retries=0, http_client=client
    ).v1


@pytest.mark.parametrize("trouble", [{"hang": True}, {"delay": 30}], ids=["hang", "delay"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_that_takes_too_long(standin, api, impatient, trouble, when):
    standin.trouble(**trouble, when=when, times=1)
    with pytest.raises(stripe.APIConnectionError):
        impatient.payment_intents.create(INTENT)
    assert len(api.payment_intents.list().data) == (1 if when == "after" else 0)


def test_an_unknown_switch_is_refused(standin):
    with pytest.raises(ValueError, match="400"):
        standin.trouble(explode=True)
