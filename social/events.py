from dataclasses import dataclass

from config.shared.events.declared import Event


@dataclass(frozen=True, kw_only=True)
class NotificationCreated(Event, type="notification.created", stream="notifications"):
    """A user has a new notification; `about` is its `data` in `GET /notifications`."""

    notification: str
    kind: str
    about: dict[str, str]
