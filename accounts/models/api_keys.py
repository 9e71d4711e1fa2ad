from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models.users import User
from config.shared.actor import ADMIN, SELLER, Actor
from config.shared.events.control import end_access, key_audience


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, actor: Actor) -> "ApiKeyQuerySet":
        """The actor's own keys that were not revoked."""
        return self.none() if actor.is_guest else self.open().filter(user_id=actor.user_id)

    def open(self) -> "ApiKeyQuerySet":
        return self.filter(revoked_at=None)

    @transaction.atomic
    def revoke(self) -> int:
        """Revokes the open keys among them at once, and closes their sockets; returns how many."""
        now = timezone.now()
        count = self.open().update(revoked_at=now)
        if count:
            revoked = self.filter(revoked_at=now).values_list("pk", flat=True)
            end_access(map(key_audience, revoked), code="key_revoked")
        return count


class ApiKey(models.Model):
    """Opens the API to a program of a seller or an administrator. Only a digest of the key is stored.

    `role` is the owner's role when the key was made: the key is refused once the owner has another role, so that it
    never gains rights that nobody meant to give it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40))
    role = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="api_key_digest"),
            models.CheckConstraint(condition=Q(role__in=[ADMIN, SELLER]), name="api_key_role"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_key_has_scopes"),
        ]
        indexes = [models.Index(fields=["user", "created_at", "id"], name="api_key_of_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
