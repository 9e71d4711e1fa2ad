"""Refusals of accounts."""

from rest_framework.exceptions import AuthenticationFailed

from config.shared.errors import Conflict, Forbidden, Problem


class TokenInvalid(AuthenticationFailed):
    default_code, default_detail = "token_invalid", "This token is not one of ours, or not for this use."


class TokenExpired(AuthenticationFailed):
    default_code, default_detail = "token_expired", "This token has expired: refresh it or log in again."


class TokenRevoked(AuthenticationFailed):
    """Its session has ended, its user is gone or deactivated, or a role change or a newer token has superseded it."""

    default_code, default_detail = (
        "token_revoked",
        "This token is no longer good: refresh it or log in again.",
    )


class InvalidCredentials(AuthenticationFailed):
    """The same for an unknown address, a wrong password and a deactivated user."""

    default_code, default_detail = "invalid_credentials", "The e-mail address or the password is wrong."


class LockedOut(Problem):
    status_code, code, detail = (
        429,
        "locked_out",
        "Too many failed log-ins: wait before you try again, or reset the password.",
    )


class TooManyKeys(Conflict):
    code, detail = "too_many_keys", "There are 20 keys already: revoke one first."


class AlreadyEnrolled(Conflict):
    code, detail = "already_enrolled", "TOTP is set up already: remove it first."


class NotEnrolled(Conflict):
    code, detail = "not_enrolled", "TOTP is not set up, or not yet confirmed."


class StepUpRequired(Forbidden):
    code, detail = "step_up_required", "Show a second factor first: POST /auth/step-up."


class TooManyCodes(LockedOut):
    detail = "A wrong code was sent: wait before you try again."


class AlreadyVerified(Conflict):
    code, detail = "already_verified", "This e-mail address is verified already."


class EmailTaken(Conflict):
    code, detail = "email_taken", "There is an account with this e-mail address."


class AlreadyApplied(Conflict):
    code, detail = "already_applied", "You have a shop or an application for one already."


class LastAdmin(Conflict):
    code, detail = "last_admin", "This is the last administrator: make another one first."


class UserErased(Conflict):
    code, detail = "user_erased", "This user has been erased: what is left cannot be brought back."


class UserInactive(Conflict):
    code, detail = "user_inactive", "The shop's user is deactivated or erased."


class ErasureBlocked(Conflict):
    """`reasons` lists what must be settled first."""

    code, detail = "erasure_blocked", "This account cannot be erased yet: see reasons."


class OnlyAdmin(Forbidden):
    code, detail = "only_admin", "Only an administrator may change roles or an administrator's account."
