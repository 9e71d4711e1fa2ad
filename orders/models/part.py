from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor, seller_audience
from orders.models.amounts import MoneyOf, amount_field, not_negative, one_of
from orders.models.order import Order


class PartStatus(models.TextChoices):
    PENDING = "pending"
    ACCEPTED = "accepted"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class OrderPartQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all, a seller their own."""
        if staff.may(actor, "orders.view_orderpart"):
            return self.all()
        return self.filter(seller_id=actor.seller_id) if actor.is_seller else self.none()

    def with_contents(self) -> Self:
        """Prefetches everything that a seller's view of a part shows, in four queries."""
        return self.select_related("order").prefetch_related("items", "shipments__items")


class OrderPart(models.Model):
    """One seller's share of an order. Amounts as in Order; `commission_rate` is frozen at the sale.

    Written only with the order's row locked.
    """

    Status = PartStatus

    order = models.ForeignKey(Order, models.CASCADE, related_name="parts")
    seller = models.ForeignKey("accounts.Seller", models.PROTECT, related_name="order_parts")
    status = models.CharField(max_length=20, choices=PartStatus.choices, default=PartStatus.PENDING)
    currency = models.CharField(max_length=3)
    subtotal_amount = amount_field()
    discount_amount = amount_field()
    shipping_amount = amount_field()
    tax_amount = amount_field()
    tax_included_amount = amount_field()
    total_amount = amount_field()
    shipping_method = models.CharField(max_length=80, blank=True)
    delivery_min_days = models.PositiveSmallIntegerField(null=True, blank=True)
    delivery_max_days = models.PositiveSmallIntegerField(null=True, blank=True)
    commission_rate = models.DecimalField(max_digits=7, decimal_places=6, default=Decimal(0))
    cancel_reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OrderPartQuerySet.as_manager()

    subtotal = MoneyOf("subtotal_amount")
    discount_total = MoneyOf("discount_amount")
    shipping_total = MoneyOf("shipping_amount")
    tax_total = MoneyOf("tax_amount")
    tax_included = MoneyOf("tax_included_amount")
    total = MoneyOf("total_amount")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "seller"], name="part_order_seller"),
            one_of("part_status", "status", PartStatus),
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("subtotal_amount")
                    - F("discount_amount")
                    + F("shipping_amount")
                    + F("tax_amount")
                    - F("tax_included_amount")
                ),
                name="part_total",
            ),
            not_negative(
                "part_amounts",
                "subtotal_amount",
                "discount_amount",
                "shipping_amount",
                "tax_included_amount",
                "total_amount",
            ),
            models.CheckConstraint(
                condition=Q(commission_rate__gte=0, commission_rate__lte=1), name="part_commission"
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "created_at", "id"]),
            models.Index(fields=["seller", "status", "created_at", "id"]),
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["seller", "delivered_at"], name="part_delivered"),
            models.Index(fields=["id"], condition=Q(status="shipped"), name="part_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.pk}"

    @property
    def delivery_days(self) -> dict[str, int | None] | None:
        """The shipping method's delivery time in days, least and most; None if the seller gave none."""
        days = {"min": self.delivery_min_days, "max": self.delivery_max_days}
        return None if set(days.values()) == {None} else days

    @property
    def is_open(self) -> bool:
        """Whether the part is not cancelled and nothing of it has been shipped."""
        return self.status in {PartStatus.PENDING, PartStatus.ACCEPTED}

    def audiences(self) -> list[str]:
        """Who is told of a change of this part."""
        return [*self.order.audiences(), seller_audience(self.seller_id)]


class OrderItem(models.Model):
    """A frozen line: total = unit price x quantity - discount; exclusive tax comes on top, in `tax_amount`.

    Counters say what happened to its units: `cancelled_quantity` were taken out before shipping, `returned_quantity`
    are in a return or came back, `received_quantity` came back, `refunded_quantity` were refunded without coming back.
    A unit's price is refunded only once, whichever way it goes.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    part = models.ForeignKey(OrderPart, models.CASCADE, related_name="items")
    variant = models.ForeignKey("catalog.Variant", models.SET_NULL, null=True, blank=True, related_name="+")
    product = models.ForeignKey(
        "catalog.Product", models.SET_NULL, null=True, blank=True, related_name="order_items"
    )
    title = models.CharField(max_length=255)
    sku = models.CharField(max_length=100)
    options = models.JSONField(default=dict, blank=True)
    currency = models.CharField(max_length=3)
    quantity = models.PositiveIntegerField()
    shipped_quantity = models.PositiveIntegerField(default=0)
    cancelled_quantity = models.PositiveIntegerField(default=0, db_default=0)
    returned_quantity = models.PositiveIntegerField(default=0, db_default=0)
    received_quantity = models.PositiveIntegerField(default=0, db_default=0)
    # A PositiveIntegerField's own CHECK would be validated against the whole table while the migration locks it.
    refunded_quantity = models.IntegerField(default=0, db_default=0)
    unit_price_amount = amount_field()
    discount_amount = amount_field()
    tax_amount = amount_field()
    tax_rate = models.DecimalField(max_digits=7, decimal_places=6, default=Decimal(0))
    tax_inclusive = models.BooleanField(default=False)
    total_amount = amount_field()

    unit_price = MoneyOf("unit_price_amount")
    discount = MoneyOf("discount_amount")
    tax = MoneyOf("tax_amount")
    total = MoneyOf("total_amount")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="item_quantity"),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity") - F("cancelled_quantity")),
                name="item_shipped",
            ),
            models.CheckConstraint(
                condition=Q(
                    received_quantity__lte=F("returned_quantity"),
                    returned_quantity__lte=F("shipped_quantity"),
                ),
                name="item_returned",
            ),
            models.CheckConstraint(
                condition=Q(refunded_quantity__gte=0, refunded_quantity__lte=F("quantity")),
                name="item_refunded",
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("unit_price_amount") * F("quantity") - F("discount_amount")),
                name="item_total",
            ),
            not_negative(
                "item_amounts", "unit_price_amount", "discount_amount", "tax_amount", "total_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def remaining(self) -> int:
        """Units still to be shipped."""
        return self.kept - self.shipped_quantity

    @property
    def kept(self) -> int:
        """Units that the seller did not take out."""
        return self.quantity - self.cancelled_quantity

    @property
    def returnable(self) -> int:
        return max(0, self.shipped_quantity - self.returned_quantity - self.refunded_quantity)

    @property
    def refundable(self) -> int:
        """Units whose price has neither been refunded nor is about to be by a return under way."""
        return max(0, self.kept - self.returned_quantity - self.refunded_quantity)

    @property
    def charged_amount(self) -> int:
        """What the line cost including its tax, in minor units."""
        return self.total_amount + (0 if self.tax_inclusive else self.tax_amount)

    def due_back(self, units: int) -> int:
        """What goes back for `units` more; however the units are divided, all of them add up to `charged_amount`."""
        gone = self.gone_quantity
        before, after = (
            self.charged_amount * min(count, self.quantity) // self.quantity for count in (gone, gone + units)
        )
        return after - before

    @property
    def gone_quantity(self) -> int:
        """Units whose price has been given back."""
        return self.cancelled_quantity + self.received_quantity + self.refunded_quantity


class Shipment(models.Model):
    """One parcel of a part."""

    part = models.ForeignKey(OrderPart, models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"shipment {self.pk}"


class ShipmentItem(models.Model):
    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="items")
    item = models.ForeignKey(OrderItem, models.CASCADE, related_name="shipment_items")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "item"], name="shipment_item"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shipment_item_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x item {self.item_id}"
