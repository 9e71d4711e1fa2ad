from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared.actor import Actor
from config.shared.api.conditional import check_if_match, etag_of
from config.shared.api.serializers import shown, validated
from config.shared.api.views import ApiView
from config.shared.errors import NotFound
from config.shared.lookups import find, is_id
from orders import services
from orders.errors import CartEmpty
from orders.models import Order
from orders.permissions import MayHaveOrders
from orders.serializers import inputs
from orders.serializers.carts import CartSerializer
from orders.serializers.quotes import QuoteSerializer, ShippingOptionsSerializer, options_json
from orders.services import pricing
from orders.services.carts import Held, with_cart_token
from orders.services.contents import Contents
from orders.services.providers import Place
from orders.services.quoting import make_quote, shipping_options

CART_TOKEN = OpenApiParameter(
    "Cart-Token",
    str,
    OpenApiParameter.HEADER,
    description="A guest's cart; given in the first answer.",
)
COUNTRY = {"type": "string", "pattern": "^[A-Z]{2}$"}
SHOWS_CART = {"parameters": [CART_TOKEN], "responses": {200: CartSerializer}}


class CartView(ApiView):
    """Everybody has a cart: a user's own, or a guest's by `Cart-Token`."""

    permission_classes: list[Any] = []

    @cached_property
    def buyer(self) -> Actor:
        """The caller; a guest without a token of ours gets one, which is the same in a replay."""
        key = self.request.headers.get("Idempotency-Key")
        caller = self.request.actor.caller
        return with_cart_token(self.request.actor, f"{caller} {key}" if key and caller else "")

    @property
    def is_new(self) -> bool:
        """Whether this answer issues the guest's token."""
        return self.buyer.cart_token != self.request.actor.cart_token

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if response.status_code < 400 and self.is_new:
            response.headers["Cart-Token"] = self.buyer.cart_token
        return super().finalize_response(request, response, *args, **kwargs)

    @contextmanager
    def held(self) -> Iterator[Held]:
        """The locked cart, if `If-Match` allows the change."""
        with transaction.atomic():
            held = services.lock_cart(actor=self.buyer, is_new=self.is_new)
            check_if_match(self.request, held.cart)
            yield held

    def shown(self, contents: Contents, status: int = 200) -> Response:
        headers = {"ETag": etag_of(contents.cart), "Cache-Control": "private, no-store"}
        return Response(shown(CartSerializer, contents), status, headers=headers)


class CartDetail(CartView):
    @extend_schema(**SHOWS_CART)
    def get(self, request: Request) -> Response:
        """The cart, with prices and availability as they are now."""
        return self.shown(services.view_cart(actor=request.actor))

    @extend_schema(parameters=[CART_TOKEN], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take everything out; the `Cart-Token` stays valid."""
        with self.held() as held:
            services.empty_cart(held=held)
        return Response(status=204)


class CartItems(CartView):
    @extend_schema(
        request=inputs.CartLineSerializer, parameters=[CART_TOKEN], responses={201: CartSerializer}
    )
    def post(self, request: Request) -> Response:
        """Put a variant in; its line grows if it is in the cart already."""
        line = self.body(inputs.CartLineSerializer)
        with self.held() as held:
            contents = services.add_line(held=held, variant_id=line.pop("variant"), **line)
        return self.shown(contents, 201)


class CartItemDetail(CartView):
    @extend_schema(request=inputs.LineChangeSerializer, **SHOWS_CART)
    def patch(self, request: Request, id: str) -> Response:
        """Set a line's quantity, or keep it for later."""
        change = self.body(inputs.LineChangeSerializer)
        with self.held() as held:
            return self.shown(services.change_line(held=held, item_id=number(id), **change))

    @extend_schema(**SHOWS_CART)
    def delete(self, request: Request, id: str) -> Response:
        """Take a line out."""
        with self.held() as held:
            return self.shown(services.remove_line(held=held, item_id=number(id)))


class CartCoupon(CartView):
    @extend_schema(request=inputs.CouponCodeSerializer, **SHOWS_CART)
    def post(self, request: Request) -> Response:
        """Apply a coupon; it replaces another one."""
        code = self.body(inputs.CouponCodeSerializer)["code"]
        with self.held() as held:
            return self.shown(services.apply_coupon(held=held, code=code))

    @extend_schema(**SHOWS_CART)
    def delete(self, request: Request) -> Response:
        """Remove the coupon."""
        with self.held() as held:
            return self.shown(services.remove_coupon(held=held))


class Reorder(CartView):
    permission_classes = [MayHaveOrders]

    @extend_schema(request=None, responses=CartSerializer, parameters=[CART_TOKEN])
    def post(self, request: Request, id: str) -> Response:
        """Put an earlier order's items into the cart again, at today's prices; `changes` name what is unavailable."""
        order = find(Order.objects.visible_to(request.actor), id.upper(), alternative="number")
        with self.held() as held:
            return self.shown(services.reorder(held=held, order=order))


class ShippingOptions(CartView):
    extra_parameters = ("country", "region", "postal_code")

    @extend_schema(
        parameters=[
            CART_TOKEN,
            OpenApiParameter("country", COUNTRY, required=True, description="ISO 3166-1 alpha-2"),
            OpenApiParameter("region", OpenApiTypes.STR),
            OpenApiParameter("postal_code", OpenApiTypes.STR),
        ],
        responses=ShippingOptionsSerializer,
    )
    def get(self, request: Request) -> Response:
        """How each seller in the cart ships to a place, and what it costs."""
        place = Place(**validated(inputs.PlaceSerializer, request.query_params.dict()))
        contents = services.view_cart(actor=request.actor)
        options = shipping_options(contents, place)
        body = options_json(options, pricing.goods_of(contents.priced), contents.currency)
        return Response(body, headers={"Cache-Control": "private, no-store"})


class CartQuote(CartView):
    idempotency = "never"  # changes nothing, and may ask another service

    @extend_schema(request=inputs.QuoteRequestSerializer, parameters=[CART_TOKEN], responses=QuoteSerializer)
    def post(self, request: Request) -> Response:
        """What the cart costs at an address: every line of the total explained, as an order would have it."""
        asked = self.body(inputs.QuoteRequestSerializer)
        contents = services.view_cart(actor=request.actor)
        if not contents.lines:
            raise CartEmpty
        quote = make_quote(contents, address=asked["shipping_address"], chosen=asked["shipping"])
        return Response(shown(QuoteSerializer, quote))


def number(id: str) -> int:
    """The primary key in a path; raises NotFound for a value that cannot be one."""
    if not is_id(id):
        raise NotFound
    return int(id)
