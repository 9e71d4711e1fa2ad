from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.users import User
from config.shared.actor import Actor


class Kind(models.TextChoices):
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    LOCKED_OUT = "locked_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    SESSION_ENDED = "session_ended"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    ROLE_CHANGED = "role_changed"
    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    ERASED = "erased"
    SELLER_APPROVED = "seller_approved"
    SELLER_REJECTED = "seller_rejected"
    SELLER_SUSPENDED = "seller_suspended"
    COMMISSION_CHANGED = "commission_changed"
    API_KEY_CREATED = "api_key_created"
    API_KEY_REVOKED = "api_key_revoked"
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_REMOVED = "totp_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    STEP_UP_FAILED = "step_up_failed"


class SecurityEventQuerySet(models.QuerySet["SecurityEvent"]):
    def visible_to(self, actor: Actor) -> "SecurityEventQuerySet":
        return self if actor.is_admin else self.none()


class SecurityEvent(models.Model):
    """One line of the audit trail. Append-only: a trigger refuses changes and deletions (see `prune`).

    `user` is the user concerned, `by` the person who acted if that is someone else. Neither has a constraint in the
    database, because the trail outlives its users. `subject` stands for an e-mail address that no user has.
    """

    kind = models.CharField(max_length=30, choices=Kind)
    user = models.ForeignKey(
        User, models.DO_NOTHING, db_constraint=False, null=True, related_name="security_events"
    )
    by = models.ForeignKey(User, models.DO_NOTHING, db_constraint=False, null=True, related_name="+")
    subject = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=Kind.values), name="security_event_kind")]
        indexes = [
            models.Index(fields=["created_at", "id"], name="security_event_created"),
            models.Index(fields=["user", "created_at", "id"], name="security_event_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"
