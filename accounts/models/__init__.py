"""Users and what belongs to them; one file per kind of row."""

from accounts.models.addresses import Address
from accounts.models.api_keys import ApiKey
from accounts.models.security import SecurityEvent
from accounts.models.sellers import Seller
from accounts.models.sessions import Session, new_id
from accounts.models.users import User

__all__ = ["Address", "ApiKey", "SecurityEvent", "Seller", "Session", "User", "new_id"]
