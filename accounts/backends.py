from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.errors import InvalidCredentials, LockedOut
from accounts.models import User
from accounts.services.credentials import user_with, watched_attempt
from config.shared import redis
from config.shared.emails import normal_email
from config.shared.requests import address_of


class LockoutBackend(ModelBackend):
    """Puts the admin site's log-in under the API's lock-out; without Redis nobody can log in."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if request is None or not username or password is None:
            return super().authenticate(request, username, password, **kwargs)
        try:
            email = normal_email(username)
            with watched_attempt(email=email, address=address_of(request), at="admin site"):
                return user_with(email=email, password=password)
        except (InvalidCredentials, UnicodeError):
            return None
        except (LockedOut, *redis.DOWN):
            raise PermissionDenied from None
