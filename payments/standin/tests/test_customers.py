import pytest
import requests
import stripe


@pytest.fixture
def customer(api):
    return api.customers.create({"email": "jenny@souk.test", "name": "Jenny", "metadata": {"user": "1"}}).id


def types(standin):
    return [event["type"] for event in standin.events()]


def test_create_update_list(api, customer, standin):
    other = api.customers.create({"email": "other@souk.test"})
    changed = api.customers.update(customer, {"name": "", "metadata": {"user": "", "vip": "yes"}})
    assert (changed.name, changed.metadata.to_dict()) == (None, {"vip": "yes"})
    assert [each.id for each in api.customers.list()] == [other.id, customer]
    assert [each.id for each in api.customers.list({"email": "jenny@souk.test"})] == [customer]
    assert types(standin) == ["customer.created", "customer.created", "customer.updated"]
    previous = standin.events("customer.updated")[0]["data"]["previous_attributes"]
    assert previous == {"name": "Jenny", "metadata": {"user": "1"}}


def test_a_deleted_customer(api, customer):
    method = api.payment_methods.attach("pm_card_visa", {"customer": customer})
    assert api.customers.delete(customer).deleted is True
    assert api.customers.retrieve(customer).deleted is True
    assert api.customers.list().data == []
    assert api.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.create({"amount": 2000, "currency": "usd", "customer": customer})
    assert caught.value.code == "resource_missing"


def test_attach_list_default_detach(api, customer, standin):
    first = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    second = api.payment_methods.attach("pm_card_mastercard", {"customer": customer}).id
    assert [method.id for method in api.customers.payment_methods.list(customer)] == [second, first]
    assert [method.id for method in api.payment_methods.list({"customer": customer})] == [second, first]
    assert api.customers.payment_methods.retrieve(customer, first).card.brand == "visa"

    settings = {"invoice_settings": {"default_payment_method": first}}
    assert api.customers.update(customer, settings).invoice_settings.default_payment_method == first
    assert api.payment_methods.detach(first).customer is None
    assert api.customers.retrieve(customer).invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="not attached to a customer"):
        api.payment_methods.detach(first)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        api.payment_methods.attach(first, {"customer": customer})
    assert types(standin).count("payment_method.attached") == 2
    assert types(standin)[-1] == "payment_method.detached"


def test_a_declining_card_is_not_saved(api, customer):
    with pytest.raises(stripe.CardError) as caught:
        api.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert caught.value.code == "card_declined"
    assert api.customers.payment_methods.list(customer).data == []


def test_a_card_that_declines_only_later(api, customer, pay):
    method = api.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    with pytest.raises(stripe.CardError):
        pay(method.id, customer=customer)


def test_a_saved_method_pays_often_and_only_for_its_owner(api, customer, pay):
    method = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    for _ in range(2):
        assert pay(method, customer=customer, off_session=True).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        pay(method)


def test_an_unsaved_method_pays_once(api, pay):
    method = api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    pay(method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(method)


def test_paying_can_save_the_method(api, customer, pay):
    intent = pay(customer=customer, setup_future_usage="off_session")
    saved = api.customers.payment_methods.list(customer).data
    assert [method.id for method in saved] == [intent.payment_method]


def set_up(api, customer, method):
    return api.setup_intents.create(
        {
            "customer": customer,
            "payment_method": method,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )


def test_a_setup_intent_saves_the_method(api, customer, standin):
    intent = api.setup_intents.create({"customer": customer, "payment_method_types": ["card"]})
    assert (intent.status, intent.usage) == ("requires_payment_method", "off_session")
    assert intent.client_secret.startswith(intent.id + "_secret_")
    done = api.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert api.payment_methods.retrieve(done.payment_method).customer == customer
    assert types(standin)[1:] == ["setup_intent.created", "setup_intent.succeeded", "payment_method.attached"]


def test_a_setup_with_authentication_pays_off_session(api, customer, pay):
    intent = set_up(api, customer, "pm_card_authenticationRequiredOnSetup")
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    requests.post(intent.next_action.use_stripe_sdk["stripe_js"], {"outcome": "complete"}, timeout=5)
    done = api.setup_intents.retrieve(intent.id)
    assert done.status == "succeeded"
    assert pay(done.payment_method, customer=customer, off_session=True).status == "succeeded"
    assert pay(done.payment_method, customer=customer).status == "requires_action"


def test_a_failed_setup(api, customer, standin):
    with pytest.raises(stripe.CardError) as caught:
        set_up(api, customer, "pm_card_chargeDeclined")
    failed = caught.value.error.setup_intent
    assert (failed.status, failed.last_setup_error.code) == ("requires_payment_method", "card_declined")
    intent = set_up(api, customer, "pm_card_authenticationRequired")
    requests.post(intent.next_action.use_stripe_sdk["stripe_js"], {"outcome": "fail"}, timeout=5)
    error = api.setup_intents.retrieve(intent.id).last_setup_error
    assert error.code == "setup_intent_authentication_failure"
    assert types(standin).count("setup_intent.setup_failed") == 2
    assert api.customers.payment_methods.list(customer).data == []


def test_a_setup_intent_can_be_canceled_until_it_succeeded(api, customer):
    intent = api.setup_intents.create({"customer": customer})
    assert api.setup_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert caught.value.code == "setup_intent_unexpected_state"
