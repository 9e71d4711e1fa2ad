import pytest
import stripe


@pytest.fixture
def ids(api):
    """Seven customers, newest first."""
    return [api.customers.create({"description": str(number)}).id for number in range(7)][::-1]


def found(page):
    return [each.id for each in page.data], page.has_more


def test_pages_forward_and_back(api, ids):
    assert found(api.customers.list({"limit": 3})) == (ids[:3], True)
    assert found(api.customers.list({"limit": 3, "starting_after": ids[2]})) == (ids[3:6], True)
    assert found(api.customers.list({"limit": 3, "starting_after": ids[5]})) == (ids[6:], False)
    assert found(api.customers.list({"limit": 3, "ending_before": ids[5]})) == (ids[2:5], True)
    assert found(api.customers.list({"limit": 3, "ending_before": ids[2]})) == (ids[:2], False)
    assert [each.id for each in api.customers.list({"limit": 2}).auto_paging_iter()] == ids


@pytest.mark.parametrize("limit", [0, 101])
def test_limits(api, limit):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.customers.list({"limit": limit})
    assert caught.value.param == "limit"


def test_an_unknown_cursor(api):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.customers.list({"starting_after": "cus_none"})
    assert (caught.value.code, caught.value.param) == ("resource_missing", "starting_after")


def test_by_time_of_creation(api, ids):
    created = api.customers.retrieve(ids[0]).created
    assert found(api.customers.list({"created": {"gt": created}})) == ([], False)
    assert len(api.customers.list({"created": {"gte": created - 60, "lt": created + 1}}).data) == 7


def test_events_by_type(api, ids):
    api.customers.update(ids[0], {"name": "x"})
    assert [event.type for event in api.events.list({"type": "customer.updated"})] == ["customer.updated"]
    kinds = ["customer.updated", "customer.created"]
    assert len(api.events.list({"types": kinds}).data) == 8


def test_expansion_in_lists_and_in_depth(api, pay):
    intent = pay()
    api.refunds.create({"payment_intent": intent.id})
    paths = ["data.payment_intent.latest_charge.balance_transaction", "data.payment_intent.customer"]
    refund = api.refunds.list({"expand": paths}).data[0]
    assert refund.payment_intent.latest_charge.balance_transaction.fee == 88
    assert refund.payment_intent.customer is None


@pytest.mark.parametrize("path", ["currency", "nothing", "latest_charge.a.b.c.d"])
def test_what_cannot_be_expanded(api, pay, path):
    with pytest.raises(stripe.InvalidRequestError, match="cannot"):
        pay(expand=[path])
