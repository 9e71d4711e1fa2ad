import pytest
import stripe


def types(standin):
    return [event["type"] for event in standin.events()]


def test_partial_refunds_up_to_the_amount(api, pay, standin):
    intent = pay()
    first = api.refunds.create({"payment_intent": intent.id, "amount": 500, "metadata": {"line": "1"}})
    assert (first.status, first.amount, first.charge) == ("succeeded", 500, intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.refunds.create({"payment_intent": intent.id, "amount": 1501})
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, None, "amount")
    assert "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)" in str(caught.value)
    rest = api.refunds.create({"charge": intent.latest_charge})
    assert rest.amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"
    charge = api.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    assert [refund.id for refund in charge.refunds.data] == [rest.id, first.id]
    assert types(standin)[3:] == ["refund.created", "charge.refunded"] * 2


def test_a_refund_leaves_the_balance_without_the_fee(api, pay):
    intent = pay()
    refund = api.refunds.create({"payment_intent": intent.id, "expand": ["balance_transaction"]})
    assert (refund.balance_transaction.net, refund.balance_transaction.type) == (-2000, "refund")
    balance = api.balance.retrieve()
    assert balance.pending[0].amount + balance.available[0].amount == -88


@pytest.mark.parametrize("params", [{}, {"payment_intent": "pi_none"}, {"charge": "ch_none"}])
def test_nothing_to_refund(api, params):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.refunds.create(params)
    assert caught.value.code == ("resource_missing" if params else "parameter_missing")


def test_an_unpaid_intent_has_nothing_to_refund(api, pay):
    unpaid = api.payment_intents.create({"amount": 2000, "currency": "usd"})
    held = pay(capture_method="manual")
    for intent in (unpaid, held):
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
            api.refunds.create({"payment_intent": intent.id})


def test_only_the_captured_part_can_be_refunded(api, pay):
    intent = pay(capture_method="manual")
    api.payment_intents.capture(intent.id, {"amount_to_capture": 1200})
    assert api.refunds.create({"payment_intent": intent.id}).amount == 1200


def test_a_pending_refund_succeeds_later(api, pay, standin):
    intent = pay("pm_card_pendingRefund")
    refund = api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    standin.advance()
    assert api.refunds.retrieve(refund.id).status == "succeeded"
    updated = standin.events("refund.updated")[0]
    assert updated["data"]["previous_attributes"] == {"status": "pending"}


def test_a_refund_that_fails_later_can_be_made_again(api, pay, standin):
    intent = pay("pm_card_refundFail")
    refund = api.refunds.create({"payment_intent": intent.id, "amount": 700})
    assert refund.status == "succeeded"
    standin.advance()
    failed = api.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    assert failed.failure_balance_transaction.amount == 700
    assert api.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert types(standin)[-4:] == [
        "refund.failed",
        "refund.updated",
        "charge.refund.updated",
        "charge.updated",
    ]
    assert api.refunds.create({"payment_intent": intent.id}).amount == 2000


def test_metadata_can_be_changed_and_cancel_is_refused(api, pay):
    refund = api.refunds.create({"payment_intent": pay().id})
    assert api.refunds.update(refund.id, {"metadata": {"a": "1"}}).metadata["a"] == "1"
    with pytest.raises(stripe.InvalidRequestError, match="requires_action"):
        api.refunds.cancel(refund.id)


def test_list_by_payment_intent(api, pay):
    mine, other = pay(), pay()
    refunds = [api.refunds.create({"payment_intent": mine.id, "amount": 100}).id for _ in range(3)]
    api.refunds.create({"payment_intent": other.id})
    assert [refund.id for refund in api.refunds.list({"payment_intent": mine.id})] == refunds[::-1]
