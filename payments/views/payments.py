from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import SteppedUp
from config.shared.actor import Actor
from config.shared.api.serializers import NothingSerializer, shown
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.errors import NotFound
from config.shared.permissions import Administers, HasOrderToken, IsSignedIn
from orders.models import Order
from orders.permissions import MayActOnOrder
from orders.tokens import order_of_token
from orders.views.orders import OrderRows
from payments import serializers, services, webhooks
from payments.intents import Intent
from payments.models import Payment
from payments.providers import provider_of
from payments.views.acts import ActsAtStripe


class PaymentView(ActsAtStripe, ViewSet):
    """Shared by the payment routes. `intent`, if just read, saves `with_secrets` a call to Stripe."""

    queryset = Payment.objects.all()
    serializer_class = serializers.PaymentSerializer
    permission_classes = [IsSignedIn | HasOrderToken, MayActOnOrder]
    intent: Intent | None = None

    def begin(self, payment: Payment) -> None:
        """Stores in the idempotency record which payment was begun."""
        if self.request.attempt:
            self.request.attempt.begin(payment.pk)

    @property
    def begun(self) -> Payment | None:
        """The payment that an earlier request under this key began."""
        attempt = self.request.attempt
        return Payment.objects.get(pk=attempt.reference) if attempt and attempt.reference else None

    def with_secrets(self, body: Any) -> Any:
        if body["provider"] != Payment.Provider.STRIPE or body["status"] not in Payment.OPEN:
            return body
        intent = self.intent or fetched(Payment.objects.get(pk=body["id"]))
        if body["method"] == Payment.Method.CHECKOUT:
            return body | {"checkout_url": intent.checkout_url}
        return body | {"client_secret": intent.client_secret, "next_action": intent.next_action}


def fetched(payment: Payment) -> Intent:
    return provider_of(payment).fetch(payment)


def opened_order(actor: Actor, value: str) -> Order | None:
    """The order whose token is sent: its bearer may see and pay it, so it need not be read before it is locked."""
    opened = order_of_token(actor.order_token) if actor.order_token else None
    return Order(pk=opened) if opened is not None and value == str(opened) else None


class Payments(PaymentView):
    idempotency = "calls_out"

    @extend_schema(
        request=serializers.NewPaymentSerializer, responses={201: serializers.OpenPaymentSerializer}
    )
    def create(self, request: Request) -> Response:
        """Begin to pay an order, or continue its open payment: an order has one at a time."""
        body = self.body(serializers.NewPaymentSerializer)
        earlier = self.begun
        payment = earlier or self.open(body)
        secrets = {name: body.get(name, "") for name in ("payment_method", "return_url")}
        payment, self.intent = services.start_payment(
            payment=payment, is_retry=earlier is not None, **secrets
        )
        return Response(shown(serializers.PaymentSerializer, payment), status=201)

    def begin(self, payment: Payment) -> None:
        """A manual payment calls no provider, so its answer is stored at once."""
        if self.request.attempt and payment.provider == Payment.Provider.MANUAL:
            self.request.attempt.store(201, shown(serializers.PaymentSerializer, payment))
        else:
            super().begin(payment)

    def open(self, body: dict[str, Any]) -> Payment:
        order = self.find_order(body["order"])
        given = {name: body.get(name, "") for name in ("method", "return_url")}
        try:
            return services.open_payment(
                order_id=order.pk, provider=body["provider"], begin=self.begin, **given
            )
        except Order.DoesNotExist:
            raise NotFound from None

    def find_order(self, value: str) -> Order:
        if (opened := opened_order(self.request.actor, value)) is not None:
            return opened
        order = OrderRows().find(Order.objects.visible_to(self.request.actor), value)
        self.check_object_permissions(self.request, order)
        return order


class PaymentDetail(RetrieveMixin, PaymentView):
    """One payment as stored here; Stripe is not asked."""


class Confirm(PaymentView):
    @property
    def idempotency(self) -> str:
        """A key is honoured but not required: an intent is charged only once anyway."""
        has_key = self.request is not None and "Idempotency-Key" in self.request.headers
        return "calls_out" if has_key else "never"

    @extend_schema(request=serializers.ConfirmSerializer, responses=serializers.OpenPaymentSerializer)
    def confirm(self, request: Request, id: str) -> Response:
        """Pay with a payment method. A decline is 200 with `failure`; `next_action` may redirect the customer."""
        body = self.body(serializers.ConfirmSerializer)
        payment, earlier = self.get_object(), self.begun
        if earlier is None:
            payment = services.begin_confirm(payment_id=payment.pk, begin=self.begin)
        payment, self.intent = services.confirm_payment(payment=payment, is_retry=earlier is not None, **body)
        answer = shown(serializers.PaymentSerializer, payment)
        return Response(answer if request.attempt else self.with_secrets(answer))


class Settle(PaymentView):
    permission_classes = [Administers, SteppedUp]

    @extend_schema(request=NothingSerializer, responses=serializers.PaymentSerializer)
    def settle(self, request: Request, id: str) -> Response:
        """The money of a manual payment has arrived."""
        self.body(NothingSerializer)
        payment = services.settle_payment(payment_id=self.get_object().pk, by=request.user)
        return Response(shown(serializers.PaymentSerializer, payment))


class StripeWebhook(ApiView):
    """The signature proves that Stripe sends it: no token, no throttle, and the raw body."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []
    idempotency = "never"

    @extend_schema(request=OpenApiTypes.OBJECT, responses=serializers.ReceivedSerializer)
    def post(self, request: Request) -> Response:
        """Stripe's webhooks: stored, then processed by a job."""
        header = request.headers.get("Stripe-Signature", "")
        secrets = (settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_CONNECT_WEBHOOK_SECRET)
        notice = webhooks.read(request._request.body, header, *secrets)
        if notice.is_followed:
            services.keep_event(notice=notice)
        return Response({"received": True})
