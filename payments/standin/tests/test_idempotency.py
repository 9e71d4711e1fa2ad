import threading

import pytest
import requests
import stripe

INTENT = {"amount": 2000, "currency": "usd"}


def post(standin, path, body, key, account=None):
    headers = {"Authorization": "Bearer sk_test_souk", "Idempotency-Key": key}
    headers |= {"Stripe-Account": account} if account else {}
    return requests.post(standin.url + path, body, headers=headers, timeout=10)


def test_replay_is_the_same_answer(standin, api):
    first = post(standin, "/v1/payment_intents", INTENT, "k")
    again = post(standin, "/v1/payment_intents", INTENT, "k")
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Request-Id"] != again.headers["Request-Id"]
    assert len(api.payment_intents.list().data) == 1


def test_another_key_is_another_intent(standin, api):
    post(standin, "/v1/payment_intents", INTENT, "k1")
    post(standin, "/v1/payment_intents", INTENT, "k2")
    assert len(api.payment_intents.list().data) == 2


def test_other_parameters_or_path_are_refused(api):
    api.payment_intents.create(INTENT, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        api.payment_intents.create(INTENT | {"amount": 2001}, {"idempotency_key": "k"})
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        api.customers.create({}, {"idempotency_key": "k"})


def test_a_decline_is_remembered(api, pay):
    attempts = []
    intent = api.payment_intents.create({**INTENT, "automatic_payment_methods[enabled]": False})
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            api.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "k"}
            )
        attempts.append(caught.value.error.charge)
    assert attempts[0] == attempts[1]
    assert len(api.charges.list().data) == 1


def test_refused_parameters_are_not_remembered(standin):
    refused = post(standin, "/v1/payment_intents", {"amount": "x", "currency": "usd"}, "k")
    accepted = post(standin, "/v1/payment_intents", INTENT, "k")
    assert (refused.status_code, accepted.status_code) == (400, 200)


def test_an_error_of_the_endpoint_is_remembered(standin, api):
    intent = api.payment_intents.create(INTENT)
    path = f"/v1/payment_intents/{intent.id}/capture"
    first, again = post(standin, path, {}, "k"), post(standin, path, {}, "k")
    assert (first.status_code, again.content) == (400, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_key_is_in_use_while_its_call_runs(standin, api):
    standin.trouble(delay=1.5, times=1)
    slow = []
    thread = threading.Thread(target=lambda: slow.append(post(standin, "/v1/payment_intents", INTENT, "k")))
    thread.start()
    while not standin.calls():
        pass
    meanwhile = post(standin, "/v1/payment_intents", INTENT, "k")
    thread.join()
    error = meanwhile.json()["error"]
    assert (meanwhile.status_code, error["code"]) == (409, "idempotency_key_in_use")
    assert slow[0].status_code == 200
    assert len(api.payment_intents.list().data) == 1


def test_rate_limits_are_not_remembered_and_nothing_was_done(standin, api):
    standin.trouble(status=429, times=1)
    limited = post(standin, "/v1/payment_intents", INTENT, "k")
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, "rate_limit")
    assert len(api.payment_intents.list().data) == 0
    assert post(standin, "/v1/payment_intents", INTENT, "k").status_code == 200


def test_a_500_of_a_call_that_ran_is_remembered(standin, api):
    standin.trouble(status=500, when="after", times=1)
    first, again = (post(standin, "/v1/payment_intents", INTENT, "k") for _ in range(2))
    assert (first.status_code, again.status_code) == (500, 500)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(api.payment_intents.list().data) == 1


def test_keys_belong_to_an_account(standin, api):
    account = api.accounts.create({"type": "express"}).id
    on_platform = post(standin, "/v1/customers", {}, "k").json()["id"]
    on_account = post(standin, "/v1/customers", {}, "k", account).json()["id"]
    assert on_platform != on_account
