import uuid

from django.db import models, transaction
from django.utils import timezone

from accounts.models.users import User
from config.shared.actor import Actor
from config.shared.events.control import end_access, session_audience


def new_id() -> str:
    return uuid.uuid4().hex


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, actor: Actor) -> "SessionQuerySet":
        """The actor's own sessions that can still be used."""
        own = self.none() if actor.is_guest else self.filter(user_id=actor.user_id)
        return own.open().filter(expires_at__gt=timezone.now())

    def open(self) -> "SessionQuerySet":
        return self.filter(revoked_at=None)

    @transaction.atomic
    def end(self) -> int:
        """Ends the open sessions among them, with their access tokens and sockets; returns how many."""
        now = timezone.now()
        count = self.open().update(revoked_at=now)
        if count:
            ended = self.filter(revoked_at=now).values_list("pk", flat=True)
            end_access(map(session_audience, ended), code="session_ended")
        return count


class Session(models.Model):
    """A log-in: a family of successive refresh tokens, of which only the last is valid."""

    id = models.CharField(max_length=32, primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_jti = models.CharField(max_length=32, default=new_id)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    stepped_up_until = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="session_expires")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"
