from datetime import timedelta
from typing import Any

import pytest

from accounts.tests.factories import UserFactory
from catalog.models import Variant
from catalog.tests.factories import VariantFactory
from orders.models import Order
from payments.tests.factories import order_for


@pytest.fixture
def buyer(db: None) -> Any:
    return UserFactory()


@pytest.fixture
def order(buyer: Any) -> Order:
    """19.99 USD, unpaid, one of five units held."""
    return order_for(buyer)


@pytest.fixture
def client(as_user: Any, buyer: Any) -> Any:
    """The buyer's."""
    return as_user(buyer)


@pytest.fixture
def variant(db: None) -> Variant:
    """Ten units at 10.00 USD."""
    return VariantFactory(price_amount=1000, stock=10)


@pytest.fixture
def funded(standin: Any) -> Any:
    """The stand-in without what other tests owe there: what is paid to it can be paid out."""
    standin.reset()
    return standin


@pytest.fixture(autouse=True)
def of_this_test_alone(monkeypatch: Any) -> None:
    """The stand-in lives on from test to test: what happened in it before this one is not caught up with."""
    for name in ("FIRST", "OVERLAP"):
        monkeypatch.setattr(f"payments.services.catching_up.{name}", timedelta(minutes=-1))
