"""What staff can change about a user."""

from django.db import transaction
from django.db.models import Q

from accounts.errors import LastAdmin, OnlyAdmin, UserErased
from accounts.models import Seller, User
from accounts.models.security import Kind
from accounts.services.sellers import approve_seller, suspend_seller
from accounts.services.sessions import close_sockets, end_sessions
from accounts.services.step_up import require_step_up
from accounts.services.trail import record
from accounts.slugs import unique_slug
from config.shared.actor import ADMIN, SELLER, Actor
from config.shared.errors import NotFound


@transaction.atomic
def change_user(
    *, actor: Actor, user_id: int, role: str | None = None, is_active: bool | None = None
) -> User:
    """Changes the role, or (de)activates the user; deactivation ends every session. Both revoke the user's API keys.

    A user who becomes a seller gets an open shop; a user who stops being one, or is deactivated, has it suspended.
    Only role Admin may change roles and administrators, with a step-up if enrolled. Raises UserErased, OnlyAdmin,
    StepUpRequired, LastAdmin.
    """
    user = lock_with_admins(user_id)
    if user.erased_at is not None:
        raise UserErased
    if not actor.is_admin and (role is not None or user.role == ADMIN):
        raise OnlyAdmin
    if role is not None or user.role == ADMIN:
        require_step_up(actor)
    was_admin, had_role, was_active = user.role == ADMIN and user.is_active, user.role, user.is_active
    user.set_role(role or user.role)
    user.is_active = user.is_active if is_active is None else is_active
    if was_admin and not (user.role == ADMIN and user.is_active):
        require_other_admin(user)
    user.save(update_fields=["role", "is_staff", "is_superuser", "is_active"])
    if not user.is_active:
        end_sessions(user=user)
    if not user.is_active or user.role != had_role:
        user.api_keys.revoke()  # type: ignore[attr-defined]
        close_sockets(user, "role_changed" if user.is_active else "account_closed")
    settle_shop(user, became_seller=user.role == SELLER != had_role, by=actor.user)
    record_change(user, by=actor.user, had_role=had_role, was_active=was_active)
    return user


def record_change(user: User, *, by: User, had_role: str, was_active: bool) -> None:
    if user.role != had_role:
        record(Kind.ROLE_CHANGED, user=user, by=by, before=had_role, after=user.role)
    if user.is_active != was_active:
        record(Kind.ACTIVATED if user.is_active else Kind.DEACTIVATED, user=user, by=by)


def lock_with_admins(user_id: int) -> User:
    """The user, locked together with all administrators, so that two concurrent changes cannot each count on the other
    administrator to remain. Needs a transaction; raises NotFound."""
    concerned = Q(pk=user_id) | Q(role=ADMIN, is_active=True)
    locked = list(User.objects.filter(concerned).order_by("pk").select_for_update(no_key=True))
    user = next((one for one in locked if one.pk == user_id), None)
    if user is None:
        raise NotFound
    return user


def require_other_admin(user: User) -> None:
    """Raises LastAdmin if there is no other; needs the lock of `lock_with_admins`."""
    if not User.objects.admins().exclude(pk=user.pk).exists():
        raise LastAdmin


def settle_shop(user: User, *, became_seller: bool, by: User) -> None:
    shop = Seller.objects.filter(user=user).first()
    if became_seller and user.is_active:
        open_shop(user, shop, by=by)
    elif shop is not None and shop.is_active and not (user.is_active and user.role == SELLER):
        suspend_seller(seller_id=shop.pk, by=by)


def open_shop(user: User, shop: Seller | None, *, by: User) -> None:
    if shop is None:
        name = user.name or "Shop"
        shop = Seller.objects.create(user=user, name=name, slug=unique_slug(Seller, name))
    if not shop.is_active:
        approve_seller(seller_id=shop.pk, by=by)
