"""What accounts does for others; one file per capability."""

from accounts.services.credentials import (
    change_password,
    log_in,
    request_password_reset,
    reset_password,
    set_password,
)
from accounts.services.privacy import erase_user, export_account, export_user
from accounts.services.registration import create_admin, register_user, resend_verification, verify_email
from accounts.services.sellers import (
    apply_as_seller,
    approve_seller,
    change_followers,
    change_product_count,
    change_seller_rating,
    reject_seller,
    suspend_seller,
)
from accounts.services.sessions import (
    Origin,
    end_session,
    end_sessions,
    prune_sessions,
    refresh_session,
    start_session,
)
from accounts.services.users import change_user

__all__ = [
    "Origin",
    "apply_as_seller",
    "approve_seller",
    "change_followers",
    "change_password",
    "change_product_count",
    "change_seller_rating",
    "change_user",
    "create_admin",
    "end_session",
    "end_sessions",
    "erase_user",
    "export_account",
    "export_user",
    "log_in",
    "prune_sessions",
    "refresh_session",
    "register_user",
    "reject_seller",
    "request_password_reset",
    "resend_verification",
    "reset_password",
    "set_password",
    "start_session",
    "suspend_seller",
    "verify_email",
]
