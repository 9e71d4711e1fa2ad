"""The services of accounts; one file per capability."""

from accounts.services.api_keys import create_api_key, prune_api_keys, revoke_api_key
from accounts.services.credentials import (
    change_password,
    log_in,
    request_password_reset,
    reset_password,
    set_password,
)
from accounts.services.emails import ask_email_change, change_email
from accounts.services.logos import replace_logo, set_logo
from accounts.services.privacy import erase_user, export_account, export_user
from accounts.services.registration import create_admin, register_user, resend_verification, verify_email
from accounts.services.sellers import (
    apply_as_seller,
    approve_seller,
    change_followers,
    change_product_count,
    change_seller_rating,
    reject_seller,
    set_commission_rate,
    suspend_seller,
)
from accounts.services.sessions import (
    Origin,
    end_own_session,
    end_session,
    end_sessions,
    log_out_everywhere,
    prune_sessions,
    refresh_session,
    start_session,
)
from accounts.services.step_up import (
    confirm_totp,
    enrol_in_totp,
    is_enrolled,
    recovery_codes_left,
    remove_totp,
    require_step_up,
    step_up,
)
from accounts.services.trail import prune_security_events, record
from accounts.services.users import change_user

__all__ = [
    "Origin",
    "apply_as_seller",
    "approve_seller",
    "ask_email_change",
    "change_email",
    "change_followers",
    "change_password",
    "change_product_count",
    "change_seller_rating",
    "change_user",
    "confirm_totp",
    "create_admin",
    "create_api_key",
    "end_own_session",
    "end_session",
    "end_sessions",
    "enrol_in_totp",
    "erase_user",
    "export_account",
    "export_user",
    "is_enrolled",
    "log_in",
    "log_out_everywhere",
    "prune_api_keys",
    "prune_security_events",
    "prune_sessions",
    "record",
    "recovery_codes_left",
    "refresh_session",
    "register_user",
    "reject_seller",
    "remove_totp",
    "replace_logo",
    "request_password_reset",
    "require_step_up",
    "resend_verification",
    "reset_password",
    "revoke_api_key",
    "set_commission_rate",
    "set_logo",
    "set_password",
    "start_session",
    "step_up",
    "suspend_seller",
    "verify_email",
]
