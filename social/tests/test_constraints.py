"""What may not be stored of follows, reviews and notifications, whoever writes it."""

import pytest

from config.tests.constraints import Rows, refusals, tables, untried

pytestmark = pytest.mark.django_db
TABLES = tables("social")
FORBIDDEN: dict[str, Rows] = {
    "follow_seller_or_brand": ({"seller_id": 1, "brand_id": 1},),
    "notification_merged": ({"user_id": 1, "merge_key": "a"},) * 2,
    "notification_to_one": ({"user_id": 1, "order_id": 1},),
    "post_of_product": ({"kind": "price.drop"},),
    "review_rating_of_5": ({"rating": 6},),
    "watch_price": ({"event": "price_drop"},),
    "wishlist_default": ({"user_id": 1, "is_default": True},) * 2,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses(table: str) -> None:
    refused = refusals(TABLES[table], FORBIDDEN)
    assert refused == {name: name for name in refused}


def test_every_constraint_is_tried() -> None:
    assert untried(TABLES, FORBIDDEN) == set()
