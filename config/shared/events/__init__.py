"""The event log: what happened, written once, in the transaction in which it happened.

Events are declared in the `events.py` of the app that emits them and appended by its services. The relay puts them in
order and publishes them. Websockets, `GET /events`, outgoing webhooks and notifications read them.
"""
