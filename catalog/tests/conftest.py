from typing import Any

import pytest

from accounts.tests.factories import SellerFactory


@pytest.fixture
def seller() -> Any:
    return SellerFactory()


@pytest.fixture
def shop(as_user: Any, seller: Any) -> Any:
    """The client of the seller."""
    return as_user(seller.user)
