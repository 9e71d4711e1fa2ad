from config.shared.realtime.consumer import EventConsumer


class NotificationConsumer(EventConsumer):
    """One's own notifications, and the news of one's shop: imports under way, stock that runs low."""

    stream = "notifications"
