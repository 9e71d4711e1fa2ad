from typing import Any

import pytest

from orders.tests.factories import ADDRESS


@pytest.fixture
def place() -> Any:
    """POST /orders/place with a fresh key: `place(client, token=…, **body)`."""
    keys = iter(range(1000))

    def post(client: Any, *, token: str = "", key: str = "", **body: Any) -> Any:
        headers = {"Idempotency-Key": key or f"key-{next(keys)}"} | ({"Cart-Token": token} if token else {})
        return client.post("/api/v1/orders/place", {"shipping_address": ADDRESS} | body, headers=headers)

    return post
