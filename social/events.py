from dataclasses import dataclass
from typing import Any

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class NotificationCreated(Event, type="notification.created", stream="notifications"):
    """A user has a new notification; `about` is its `data` in `GET /notifications`, `unread` how many are."""

    notification: str
    kind: str
    about: dict[str, Any]
    unread: int


@dataclass(frozen=True, kw_only=True)
class NotificationUpdated(Event, type="notification.updated", stream="notifications"):
    """More of the same was merged into an unread notification."""

    notification: str
    kind: str
    about: dict[str, Any]
    unread: int


@dataclass(frozen=True, kw_only=True)
class NotificationsRead(Event, type="notification.read", stream="notifications"):
    """One was read, or (`notification` null) all were; `unread` are left."""

    notification: str | None
    unread: int


@dataclass(frozen=True, kw_only=True)
class MessageCreated(Event, type="message.created", stream="notifications"):
    """Somebody wrote about a part of an order; `side` is who: customer or seller."""

    message: str
    part: str
    order: str
    side: str
