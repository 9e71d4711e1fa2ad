import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class StripeCustomer(models.Model):
    """A user's customer at Stripe, which holds their saved cards; no card data is stored here."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stripe_customer")
    provider_reference = models.CharField(max_length=255, blank=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
                name="stripe_customer_reference_once",
            )
        ]

    def __str__(self) -> str:
        return self.provider_reference or f"user {self.user_id}"

    @property
    def key(self) -> str:
        """Stripe's idempotency key for creating the customer."""
        return f"customer-{self.user_id}-{self.token.hex[:12]}"
