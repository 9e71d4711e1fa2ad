from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.shared import staff
from config.shared.actor import Actor
from orders.models.order import Order
from orders.models.part import OrderPart


class NoteQuerySet(models.QuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """Staff see all; a customer the public ones; a seller public ones on the whole order, and all on their part."""
        if staff.may(actor, "orders.view_ordernote"):
            return self.all()
        open_notes = Q(is_internal=False)
        allowed = open_notes & Q(order__in=Order.objects.visible_to(actor))
        if actor.is_seller:
            mine = OrderPart.objects.filter(seller=actor.seller_id)
            allowed |= Q(part__in=mine) | (open_notes & Q(part=None, order__parts__in=mine))
        return self.filter(allowed).distinct()


class OrderNote(models.Model):
    """A note on an order, or on one seller's part. Internal notes are for staff (and the part's seller) only.

    `by` is customer, seller or admin; `by_user` is the user who wrote it.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="notes")
    part = models.ForeignKey(OrderPart, models.CASCADE, null=True, blank=True, related_name="notes")
    text = models.CharField(max_length=2000)
    is_internal = models.BooleanField(default=False)
    by = models.CharField(max_length=10)
    by_user = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = NoteQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["order", "created_at", "id"])]

    def __str__(self) -> str:
        return f"note {self.pk}"
