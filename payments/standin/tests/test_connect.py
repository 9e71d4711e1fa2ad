import pytest
import requests
import stripe


@pytest.fixture
def seller(api, standin):
    """An account that has gone through onboarding."""
    account = api.accounts.create(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    )
    standin.submit(link_of(api, account.id).url, outcome="complete")
    return account.id


def link_of(api, account):
    urls = {"refresh_url": "https://shop.test/again", "return_url": "https://shop.test/back"}
    return api.account_links.create({"account": account, "type": "account_onboarding", **urls})


def funds(api, account=None):
    options = {"stripe_account": account} if account else {}
    balance = api.balance.retrieve({}, options)
    return balance.available[0].amount, balance.pending[0].amount


def test_onboarding(api, standin):
    account = api.accounts.create(
        {
            "type": "express",
            "email": "seller@souk.test",
            "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        }
    )
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (
        False,
        False,
        False,
    )
    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    with pytest.raises(stripe.InvalidRequestError, match="has not completed onboarding"):
        api.accounts.login_links.create(account.id)
    link = link_of(api, account.id)
    assert "Complete onboarding" in requests.get(link.url, timeout=5).text
    assert standin.submit(link.url, outcome="complete") == "https://shop.test/back"
    again = requests.post(link.url, {"outcome": "complete"}, allow_redirects=False, timeout=5)
    assert again.headers["location"] == "https://shop.test/again"
    ready = api.accounts.retrieve(account.id)
    assert (ready.charges_enabled, ready.payouts_enabled, ready.requirements.currently_due) == (
        True,
        True,
        [],
    )
    assert ready.capabilities.transfers == "active"
    assert api.accounts.login_links.create(account.id).url.endswith(account.id)
    updated = standin.events("account.updated")[0]
    assert (updated["account"], updated["data"]["previous_attributes"]["charges_enabled"]) == (
        account.id,
        False,
    )


def test_a_transfer_out_of_a_charge(api, pay, seller, standin):
    intent = pay(transfer_group="order-7")
    transfer = api.transfers.create(
        {"amount": 1500, "currency": "usd", "destination": seller, "source_transaction": intent.latest_charge}
    )
    assert (transfer.amount, transfer.transfer_group, transfer.reversed) == (1500, "order-7", False)
    assert funds(api) == (0, 2000 - 88 - 1500)
    assert funds(api, seller) == (0, 1500)
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed the source amount"):
        api.transfers.create(
            {
                "amount": 501,
                "currency": "usd",
                "destination": seller,
                "source_transaction": intent.latest_charge,
            }
        )
    standin.advance()
    assert funds(api, seller) == (1500, 0)
    assert [each.id for each in api.transfers.list({"transfer_group": "order-7"})] == [transfer.id]
    assert [event["type"] for event in standin.events()][-1] == "transfer.created"


def test_a_transfer_out_of_the_balance(api, pay, seller, standin):
    pay()
    params = {"amount": 1000, "currency": "usd", "destination": seller}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.transfers.create(params)
    assert caught.value.code == "balance_insufficient"
    pay("pm_card_bypassPending")
    assert api.transfers.create(params).source_transaction is None
    assert funds(api, seller) == (1000, 0)


def test_a_transfer_needs_an_account_that_can_take_it(api, pay):
    charge = pay().latest_charge
    fresh = api.accounts.create({"type": "express", "capabilities": {"transfers": {"requested": True}}}).id
    for destination, code in (
        (fresh, "insufficient_capabilities_for_transfer"),
        ("acct_none", "resource_missing"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            api.transfers.create(
                {"amount": 100, "currency": "usd", "destination": destination, "source_transaction": charge}
            )
        assert caught.value.code == code


def test_reversals(api, pay, seller, standin):
    charge = pay("pm_card_bypassPending").latest_charge
    transfer = api.transfers.create(
        {"amount": 1500, "currency": "usd", "destination": seller, "source_transaction": charge}
    ).id
    first = api.transfers.reversals.create(transfer, {"amount": 400})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed amount"):
        api.transfers.reversals.create(transfer, {"amount": 1101})
    rest = api.transfers.reversals.create(transfer)
    assert (first.amount, rest.amount) == (400, 1100)
    after = api.transfers.retrieve(transfer)
    assert (after.amount_reversed, after.reversed) == (1500, True)
    assert [each.id for each in after.reversals.data] == [rest.id, first.id]
    assert [each.id for each in api.transfers.reversals.list(transfer)] == [rest.id, first.id]
    assert (
        api.transfers.reversals.retrieve(transfer, first.id).balance_transaction == first.balance_transaction
    )
    assert funds(api, seller) == (0, 0)
    assert len(standin.events("transfer.reversed")) == 2


def test_payouts(api, pay, seller, standin):
    charge = pay("pm_card_bypassPending").latest_charge
    api.transfers.create(
        {"amount": 1500, "currency": "usd", "destination": seller, "source_transaction": charge}
    )
    options = {"stripe_account": seller}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payouts.create({"amount": 1501, "currency": "usd"}, options)
    assert caught.value.code == "balance_insufficient"
    payout = api.payouts.create({"amount": 1000, "currency": "usd"}, options)
    canceled = api.payouts.create({"amount": 200, "currency": "usd"}, options)
    assert api.payouts.cancel(canceled.id, {}, options).status == "canceled"
    standin.advance()
    assert api.payouts.retrieve(payout.id, {}, options).status == "paid"
    assert funds(api, seller) == (500, 0)
    events = [event for event in standin.events() if event["type"].startswith("payout")]
    assert [event["type"] for event in events] == [
        "payout.created",
        "payout.created",
        "payout.canceled",
        "payout.updated",
        "payout.paid",
    ]
    assert {event["account"] for event in events} == {seller}


def test_accounts_do_not_see_each_other(api, seller):
    customer = api.customers.create({}, {"stripe_account": seller}).id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.customers.retrieve(customer)
    assert caught.value.code == "resource_missing"
    assert api.customers.list().data == []
    with pytest.raises(stripe.PermissionError):
        api.customers.list({}, {"stripe_account": "acct_none"})


def test_a_deleted_account_is_gone(api, seller):
    assert api.accounts.delete(seller).deleted is True
    with pytest.raises(stripe.PermissionError):
        api.accounts.retrieve(seller)
