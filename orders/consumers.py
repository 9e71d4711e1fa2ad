from config.shared.realtime.consumer import EventConsumer


class OrderConsumer(EventConsumer):
    """`/ws/v1/orders`: a customer's orders, a seller's parts, everything for an admin."""

    stream = "orders"
