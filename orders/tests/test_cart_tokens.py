"""How a guest's cart is named."""

import pytest

from catalog.tests.factories import VariantFactory
from config.shared.actor import GUEST, Actor, digest
from orders import services
from orders.models import Cart
from orders.tests.factories import put_in_cart
from orders.tests.looks import add

pytestmark = pytest.mark.django_db
CART = "/api/v1/cart"


def test_only_guests_get_tokens_and_no_two_the_same(api, client):
    assert "Cart-Token" not in client.get(CART).headers
    assert api.get(CART).headers["Cart-Token"] != api.get(CART).headers["Cart-Token"]


def test_a_replayed_first_line_names_the_same_cart(api):
    variant = VariantFactory()
    headers = {"Idempotency-Key": "k", "Cart-Token": "x" * 40}
    first, again = add(api, variant, **headers), add(api, variant, **headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Cart-Token"] == first.headers["Cart-Token"] != "x" * 40
    assert Cart.objects.get().token_digest == digest(first.headers["Cart-Token"])
    other = add(api, variant, **headers | {"Idempotency-Key": "l"})
    assert other.headers["Cart-Token"] != first.headers["Cart-Token"]


def test_a_key_alone_names_no_cart(api):
    """Two guests who both count their keys from 1 are two."""
    variant = VariantFactory()
    tokens = {add(api, variant, **{"Idempotency-Key": "1"}).headers["Cart-Token"] for _ in range(2)}
    assert len(tokens) == Cart.objects.count() == 2


def test_an_invented_token_names_no_cart_and_is_not_taken_on(api):
    answer = add(api, VariantFactory(), **{"Cart-Token": "x" * 40})
    assert answer.headers["Cart-Token"] != "x" * 40
    assert api.get(CART, headers={"Cart-Token": "x" * 40}).json()["items"] == []


def test_a_token_of_ours_stays_good_when_its_cart_is_gone(api):
    variant = VariantFactory()
    token = add(api, variant).headers["Cart-Token"]
    Cart.objects.all().delete()
    again = add(api, variant, 4, **{"Cart-Token": token})
    assert "Cart-Token" not in again.headers
    assert Cart.objects.get().token_digest == digest(token)


@pytest.mark.parametrize("guest", [GUEST, Actor(cart_token="x" * 40)])
def test_no_cart_is_made_for_whoever_has_no_token(guest):
    """Else all of them would share one."""
    with pytest.raises(ValueError, match="token"):
        put_in_cart(guest, VariantFactory())
    assert services.view_cart(actor=guest).lines == []
    assert not Cart.objects.exists()
