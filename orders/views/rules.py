"""Coupons, shipping methods and tax rates: a seller's own, and the platform's under `/admin`."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.serializers import BaseSerializer

from config.shared.api.views import RetrieveMixin, ViewSet
from config.shared.permissions import Administers
from orders.models import Coupon, ShippingMethod, TaxExemption, TaxRate
from orders.permissions import KeepsShop
from orders.serializers.coupons import CouponSerializer
from orders.serializers.rules import ShippingMethodSerializer, TaxExemptionSerializer, TaxRateSerializer
from orders.services import delete_coupon


class RuleViews(
    mixins.CreateModelMixin, RetrieveMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ViewSet
):
    """Rows that are created, read, changed and deleted as they are; a violated constraint rolls everything back."""

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save()

    @transaction.atomic
    def perform_update(self, serializer: BaseSerializer) -> None:
        serializer.save()


class OwnRuleViews(RuleViews):
    permission_classes = [KeepsShop]

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer) -> None:
        serializer.save(seller_id=self.request.actor.seller_id)


class DeletesCoupons:
    """Deleting archives the coupon; the code of one that was used stays taken."""

    def perform_destroy(self, instance: Coupon) -> None:
        delete_coupon(coupon=instance)


class Coupons(DeletesCoupons, OwnRuleViews):
    """The seller's coupons; they apply to the seller's own lines."""

    queryset = Coupon.objects.all()
    serializer_class = CouponSerializer


class ShippingMethods(OwnRuleViews):
    """How the seller ships. Without any, the platform's methods are offered; without those, free shipping."""

    queryset = ShippingMethod.objects.all()
    serializer_class = ShippingMethodSerializer


@extend_schema(tags=["admin"])
class AdminCoupons(DeletesCoupons, RuleViews):
    """All coupons; those created here are the platform's and apply to everything."""

    queryset = Coupon.objects.all()
    serializer_class = CouponSerializer
    permission_classes = [Administers]


@extend_schema(tags=["admin"])
class AdminShippingMethods(RuleViews):
    """All shipping methods; those created here are the platform's, for sellers who have none of their own."""

    queryset = ShippingMethod.objects.all()
    serializer_class = ShippingMethodSerializer
    permission_classes = [Administers]


@extend_schema(tags=["admin"])
class AdminTaxRates(RuleViews):
    """Rates by country, region ("" is the whole country) and class of goods."""

    queryset = TaxRate.objects.all()
    serializer_class = TaxRateSerializer
    permission_classes = [Administers]


@extend_schema(tags=["admin"])
class AdminTaxExemptions(RuleViews):
    """Customers who pay no tax."""

    queryset = TaxExemption.objects.all()
    serializer_class = TaxExemptionSerializer
    permission_classes = [Administers]
