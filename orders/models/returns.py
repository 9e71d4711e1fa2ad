from collections.abc import Mapping
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from orders.models.amounts import MoneyOf, amount_field, not_negative, one_of
from orders.models.order import Order
from orders.models.part import OrderItem, OrderPart


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    RECEIVED = "received"
    CANCELLED = "cancelled"


# The statuses from which each step is allowed.
STEPS: Mapping[str, set[str]] = {
    "approve": {ReturnStatus.REQUESTED},
    "reject": {ReturnStatus.REQUESTED, ReturnStatus.APPROVED},
    "receive": {ReturnStatus.APPROVED},
    "cancel": {ReturnStatus.REQUESTED, ReturnStatus.APPROVED},
}


class ReturnQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all, a customer those of their orders (a guest by token), a seller those of their parts."""
        if staff.may(actor, "orders.view_return"):
            return self.all()
        allowed = Q(order__in=Order.objects.visible_to(actor))
        return self.filter(allowed | Q(part__seller=actor.seller_id) if actor.is_seller else allowed)


class Return(models.Model):
    """Delivered goods of one part that the customer sends back. Written only with the order's row locked.

    `refund_amount` is what payments claimed as the refund for the received goods, in minor units: less than their price
    if some of that was refunded before. `note` is the seller's comment.
    """

    Status = ReturnStatus

    order = models.ForeignKey(Order, models.CASCADE, related_name="returns")
    part = models.ForeignKey(OrderPart, models.CASCADE, related_name="returns")
    status = models.CharField(max_length=10, choices=ReturnStatus.choices, default=ReturnStatus.REQUESTED)
    reason = models.CharField(max_length=500)
    note = models.CharField(max_length=500, blank=True)
    currency = models.CharField(max_length=3)
    refund_amount = amount_field()
    version = models.PositiveIntegerField(default=1)
    decided_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReturnQuerySet.as_manager()

    refund = MoneyOf("refund_amount")

    class Meta:
        constraints = [
            one_of("return_status", "status", ReturnStatus),
            not_negative("return_amounts", "refund_amount"),
        ]
        indexes = [
            models.Index(fields=["order", "created_at", "id"]),
            models.Index(fields=["part", "created_at", "id"]),
            models.Index(fields=["created_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"return {self.pk}"

    @property
    def steps(self) -> list[str]:
        """The steps that its status allows."""
        return [step for step, sources in STEPS.items() if self.status in sources]

    @property
    def allowed(self) -> list[str]:
        """The steps that are possible now: goods that are not paid yet (cash on delivery) cannot be received."""
        return [step for step in self.steps if step != "receive" or self.order.is_paid]


class ReturnItem(models.Model):
    """`received_quantity` of `quantity` arrived; `restocked_quantity` of those went back into stock."""

    returned = models.ForeignKey(Return, models.CASCADE, related_name="items")
    item = models.ForeignKey(OrderItem, models.CASCADE, related_name="return_items")
    quantity = models.PositiveIntegerField()
    received_quantity = models.PositiveIntegerField(default=0)
    restocked_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["returned", "item"], name="return_item"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=1,
                    received_quantity__lte=F("quantity"),
                    restocked_quantity__lte=F("received_quantity"),
                ),
                name="return_item_quantities",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x item {self.item_id}"
