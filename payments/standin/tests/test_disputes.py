import pytest
import stripe


def types(standin):
    return [event["type"] for event in standin.events() if "dispute" in event["type"]]


def test_a_card_that_disputes(api, pay, standin):
    intent = pay("pm_card_createDispute", expand=["latest_charge"])
    assert (intent.status, intent.latest_charge.disputed) == ("succeeded", True)
    dispute = api.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 2000)
    assert [each.net for each in dispute.balance_transactions] == [-3500]
    assert types(standin) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"


def test_an_inquiry_moves_no_money(api, pay):
    intent = pay("pm_card_createDisputeInquiry")
    dispute = api.disputes.list({"charge": intent.latest_charge}).data[0]
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    assert api.refunds.create({"payment_intent": intent.id}).status == "succeeded"


@pytest.mark.parametrize(
    ("evidence", "status"),
    [("winning_evidence", "won"), ("losing_evidence", "lost"), ("a letter", "under_review")],
)
def test_evidence(api, pay, evidence, status):
    intent = pay("pm_card_createDispute")
    dispute = api.disputes.list({"charge": intent.latest_charge}).data[0]
    draft = api.disputes.update(dispute.id, {"evidence": {"customer_name": "Jenny"}, "submit": False})
    assert (draft.status, draft.evidence_details.has_evidence) == ("needs_response", True)
    sent = api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": True})
    assert (sent.status, sent.evidence_details.submission_count) == (status, 1)
    assert sum(each.net for each in sent.balance_transactions) == (0 if status == "won" else -3500)


def test_accepting_loses(api, pay):
    dispute = api.disputes.list({"charge": pay("pm_card_createDispute").latest_charge}).data[0]
    assert api.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        api.disputes.close(dispute.id)


def test_opened_and_won_by_the_switch(api, pay, standin):
    intent = pay()
    opened = standin.open_dispute(payment_intent=intent.id, reason="product_not_received")
    assert opened["reason"] == "product_not_received"
    assert standin.close_dispute(opened["id"], "won")["status"] == "won"
    assert types(standin) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]
    assert sum(each.net for each in api.balance_transactions.list()) == 2000 - 88
