from dataclasses import dataclass
from typing import Any

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class NotificationCreated(Event, type="notification.created", stream="notifications"):
    """A user has a new notification; `about` is its `data` in `GET /notifications`, `unread` counts unread ones."""

    notification: str
    kind: str
    about: dict[str, Any]
    unread: int


@dataclass(frozen=True, kw_only=True)
class NotificationUpdated(Event, type="notification.updated", stream="notifications"):
    """Another event was merged into an unread notification."""

    notification: str
    kind: str
    about: dict[str, Any]
    unread: int


@dataclass(frozen=True, kw_only=True)
class NotificationsRead(Event, type="notification.read", stream="notifications"):
    """One notification was read, or all of them (`notification` is null); `unread` remain."""

    notification: str | None
    unread: int


@dataclass(frozen=True, kw_only=True)
class MessageCreated(Event, type="message.created", stream="notifications"):
    """Somebody wrote about a part of an order; `side` is the author's: customer or seller."""

    message: str
    part: str
    order: str
    side: str
