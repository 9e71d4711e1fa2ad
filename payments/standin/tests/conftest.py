from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from payments.standin.testing import RunningStandIn, running_standin
from payments.standin.tests.receiver import Receiver

FAR = 3600.0


@pytest.fixture(scope="session")
def process() -> Iterator[RunningStandIn]:
    """One process for all tests; nothing that comes later comes by itself."""
    with running_standin(settle_after=FAR) as standin:
        yield standin


@pytest.fixture
def standin(process: RunningStandIn) -> RunningStandIn:
    process.set_webhooks()
    process.reset()
    return process


def client_of(standin: RunningStandIn) -> Any:
    client = stripe.StripeClient("sk_test_souk", base_addresses={"api": standin.url}, max_network_retries=0)
    return client.v1


@pytest.fixture
def api(standin: RunningStandIn) -> Any:
    """The real SDK."""
    return client_of(standin)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def pay(api: Any) -> Callable[..., Any]:
    """A confirmed intent of $20.00 that allows no redirects."""

    def pay(method: str = "pm_card_visa", **params: Any) -> Any:
        automatic = {"enabled": True, "allow_redirects": "never"}
        intent = {"amount": 2000, "currency": "usd", "automatic_payment_methods": automatic}
        return api.payment_intents.create({**intent, "payment_method": method, "confirm": True, **params})

    return pay
