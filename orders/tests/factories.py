"""Orders are made by the real services, so that every test starts from a state that can exist."""

from decimal import Decimal
from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from accounts.tests.factories import SellerFactory, UserFactory
from catalog.models import Variant
from catalog.tests.factories import VariantFactory
from config.shared.actor import Actor, digest
from orders import services
from orders.models import Cart, CartItem, Coupon, Order, ShippingMethod, TaxRate
from orders.tokens import new_cart_token

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "line2": "",
    "city": "London",
    "region": "",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
    "phone": "",
}


class CouponFactory(DjangoModelFactory):
    """Ten per cent on everything."""

    class Meta:
        model = Coupon

    code = factory.Sequence(lambda n: f"TEN-{n}")
    kind = Coupon.Kind.PERCENT
    percent = Decimal(10)


class ShippingMethodFactory(DjangoModelFactory):
    """A seller's: 5.00 USD everywhere."""

    class Meta:
        model = ShippingMethod

    seller = factory.SubFactory(SellerFactory)
    name = "Parcel"
    price_amount = 500
    currency = "USD"


class TaxRateFactory(DjangoModelFactory):
    """20 % on top of prices in Great Britain."""

    class Meta:
        model = TaxRate

    country = "GB"
    rate = Decimal("0.2")
    inclusive = False


def actor_of(user: Any) -> Actor:
    """The actor that a bearer token of the user stands for."""
    shop = getattr(user, "seller", None)
    return Actor(
        user=user,
        role=user.role,
        seller_id=shop.pk if shop else None,
        seller_is_active=shop is not None and shop.status == "active",
    )


@transaction.atomic
def put_in_cart(actor: Actor, variant: Variant, quantity: int = 1) -> None:
    services.add_line(held=services.lock_cart(actor=actor), variant_id=variant.pk, quantity=quantity)


@transaction.atomic
def guest_carts(*variants: Variant, count: int, coupon: Coupon | None = None) -> list[str]:
    """The tokens of as many guests, each with one unit of each in the cart; rows are made in one go."""
    tokens = [new_cart_token() for _ in range(count)]
    made = {"currency": variants[0].currency, "coupon": coupon, "version": 1}
    carts = Cart.objects.bulk_create([Cart(token_digest=digest(token), **made) for token in tokens])
    CartItem.objects.bulk_create(
        [
            CartItem(cart=cart, variant=variant, quantity=1, price_amount=variant.price_amount)
            for cart in carts
            for variant in variants
        ]
    )
    return tokens


@transaction.atomic
def place_order_for(user: Any, *variants: Variant, quantity: int = 1, **checkout: Any) -> Order:
    """The user puts `quantity` of each variant into the cart and places the order."""
    actor = actor_of(user)
    for variant in variants:
        put_in_cart(actor, variant, quantity)
    return services.place_order(
        actor=actor, checkout=services.Checkout(**({"shipping_address": ADDRESS} | checkout))
    )


@transaction.atomic
def order_with_coupon(user: Any, variant: Variant, coupon: Coupon, **checkout: Any) -> Order:
    actor = actor_of(user)
    put_in_cart(actor, variant)
    services.apply_coupon(held=services.lock_cart(actor=actor), code=coupon.code)
    return place_order_for(user, **checkout)


class OrderFactory(DjangoModelFactory):
    """A placed order, awaiting its payment: `OrderFactory(user=…, variants=[…], quantity=2)`."""

    class Meta:
        model = Order

    user = factory.SubFactory(UserFactory)

    @classmethod
    def _create(cls, model_class: type[Order], *args: Any, user: Any, **options: Any) -> Order:
        variants = options.pop("variants", None) or [VariantFactory()]
        return place_order_for(user, *variants, **options)
