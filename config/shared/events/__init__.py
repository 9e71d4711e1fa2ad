"""The event log: what happened, written once, in the transaction in which it happened.

Declared in the `events.py` of the app that says it, appended by its services, placed in order and published by the
relay, read by websockets, `GET /events`, outgoing webhooks and notifications.
"""
