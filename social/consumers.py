from config.shared.realtime.consumer import EventConsumer


class NotificationConsumer(EventConsumer):
    """The user's own notifications, and news of their shop: running imports, low stock."""

    stream = "notifications"
