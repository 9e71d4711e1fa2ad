from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.countries import COUNTRIES
from accounts.models.users import User
from config.shared.actor import Actor


class AddressQuerySet(models.QuerySet["Address"]):
    def visible_to(self, actor: Actor) -> "AddressQuerySet":
        """Only the actor's own: address books are private."""
        return self.none() if actor.is_guest else self.filter(user_id=actor.user_id)


class Address(models.Model):
    """An entry of a user's address book; orders keep their own copies."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=150)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    phone = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.CheckConstraint(condition=Q(country__in=sorted(COUNTRIES)), name="address_country"),
        ]
        indexes = [models.Index(fields=["user", "created_at", "id"], name="address_of_user")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"
