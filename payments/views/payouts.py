import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Seller
from accounts.permissions import SteppedUp
from catalog.transfer.cells import defuse
from config.shared.api import params
from config.shared.api.serializers import NothingSerializer
from config.shared.api.views import ApiView, RetrieveMixin, ViewSet
from config.shared.money import to_decimal
from config.shared.permissions import Administers, IsActiveSeller, IsSeller, ReadOnly
from payments import serializers, services
from payments.filters import PayoutFilter
from payments.models import Payout, PayoutAccount
from payments.views.acts import ActsAtStripe
from payments.views.bodies import found

BANK_FILE = ("payout", "batch", "seller", "name", "amount", "currency", "reference")


@extend_schema_view(
    list=extend_schema(summary="List payouts: your shop's, or all for staff"),
    retrieve=extend_schema(summary="A payout"),
)
class Payouts(RetrieveMixin, ViewSet):
    queryset = Payout.objects.all()
    serializer_class = serializers.PayoutSerializer
    permission_classes = [IsSeller | Administers]
    filterset_class = PayoutFilter


class RunPayouts(ViewSet):
    queryset = Payout.objects.all()
    serializer_class = serializers.RanSerializer
    permission_classes = [Administers, SteppedUp]
    idempotency = "required"

    @extend_schema(request=serializers.RunSerializer, responses={201: serializers.RanSerializer})
    def create(self, request: Request) -> Response:
        """Pay out what is available: through Stripe to sellers with an account there, to others by bank file."""
        asked = self.body(serializers.RunSerializer)
        dry_run, batch = asked.get("dry_run", False), uuid.uuid4()
        payouts, skipped = services.run_payouts(
            batch=batch,
            dry_run=dry_run,
            seller_id=found("seller", Seller, asked["seller"]) if "seller" in asked else None,
            currency=asked.get("currency", ""),
        )
        ran = {
            "batch": None if dry_run else batch,
            "dry_run": dry_run,
            "payouts": payouts,
            "skipped": skipped,
        }
        return Response(self.get_serializer(ran).data, status=201)


class PayPayout(ViewSet):
    queryset = Payout.objects.all()
    serializer_class = serializers.PayoutSerializer
    permission_classes = [Administers, SteppedUp]
    idempotency = "required"

    @extend_schema(request=NothingSerializer, responses=serializers.PayoutSerializer)
    def pay(self, request: Request, id: str) -> Response:
        """The bank transfer of a manual payout was made."""
        self.body(NothingSerializer)
        payout = services.mark_payout_paid(payout_id=self.get_object().pk)
        return Response(self.get_serializer(payout).data)


class PayoutAct(ActsAtStripe, ViewSet):
    """Actions of staff on one payout that call Stripe."""

    queryset = Payout.objects.all()
    serializer_class = serializers.PayoutSerializer
    permission_classes = [Administers, SteppedUp]
    idempotency = "calls_out"

    def carry_out(self, act: Callable[..., Payout], **more: Any) -> Response:
        self.body(NothingSerializer)
        payout, attempt = self.get_object(), self.request.attempt
        if not attempt.reference:
            with transaction.atomic():
                attempt.begin(payout.pk)
        return Response(self.get_serializer(act(payout_id=payout.pk, **more)).data)


class RetryPayout(PayoutAct):
    @extend_schema(request=NothingSerializer, responses=serializers.PayoutSerializer)
    def retry(self, request: Request, id: str) -> Response:
        """Send a payout again that Stripe refused; it is also retried every hour. Nothing is ever paid twice."""
        return self.carry_out(services.send_payout)


class CancelPayout(PayoutAct):
    @extend_schema(request=NothingSerializer, responses=serializers.PayoutSerializer)
    def cancel(self, request: Request, id: str) -> Response:
        """Return the money to the seller's balance; a payout that turns out to have been sent is `paid` instead."""
        return self.carry_out(services.cancel_payout, done=self.remember)

    def remember(self, payout: Payout) -> None:
        """Stores the answer with the change, not after it: a retry would get 409 because the payout is over."""
        self.request.attempt.store(200, self.get_serializer(payout).data)


class BankFile(ViewSet):
    queryset = Payout.objects.select_related("seller")
    permission_classes = [Administers]
    serializer_class = serializers.PayoutSerializer
    extra_parameters = ("batch",)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def export(self, request: Request) -> HttpResponse:
        """Manual payouts that wait for their bank transfer, of a `batch` or all, as CSV."""
        params.check_known(request.query_params, self.extra_parameters)
        waiting = self.get_queryset().filter(method=Payout.Method.MANUAL, status=Payout.Status.PENDING)
        if batch := request.query_params.get("batch"):
            waiting = waiting.filter(batch=batch_of(batch))
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(BANK_FILE)
        writer.writerows(map(bank_row, waiting.order_by("pk")))
        return HttpResponse(
            file.getvalue(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="payouts.csv"'},
        )


def batch_of(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise params.refuse("batch", "Must be a batch's id.") from None


def bank_row(payout: Payout) -> list[str]:
    amount = str(to_decimal(payout.amount, payout.currency))
    cells = [
        payout.pk,
        payout.batch,
        payout.seller_id,
        payout.seller.name,
        amount,
        payout.currency,
        payout.group,
    ]
    return [defuse(str(cell)) for cell in cells]


class OwnPayoutAccount(ApiView):
    permission_classes = [IsActiveSeller | (IsSeller & ReadOnly), SteppedUp]
    idempotency = "never"  # the link in the answer is a secret
    closed_to_keys = {"POST"}  # only people may change where the money goes

    @extend_schema(responses=serializers.PayoutAccountSerializer)
    def get(self, request: Request) -> Response:
        """Where the caller's money goes."""
        account = PayoutAccount.objects.filter(seller=request.actor.seller_id).first()
        account = account or PayoutAccount(seller_id=request.actor.seller_id)
        return Response(serializers.PayoutAccountSerializer(account).data)

    @extend_schema(request=serializers.OnboardingSerializer, responses={201: serializers.LinkSerializer})
    def post(self, request: Request) -> Response:
        """Set up, or continue to set up, an account at Stripe: returns the address of Stripe's page for it."""
        body = serializers.OnboardingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        back = body.validated_data["return_url"]
        url = services.begin_onboarding(
            seller=request.user.shop,
            return_url=back,
            refresh_url=body.validated_data.get("refresh_url", back),
        )
        account = PayoutAccount.objects.get(seller=request.actor.seller_id)
        return Response(serializers.PayoutAccountSerializer(account).data | {"url": url}, status=201)
