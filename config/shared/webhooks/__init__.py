"""Outgoing webhooks: the event log sent to programs of sellers and of the platform.

A reader of the log (`reader.py`) writes a delivery for each endpoint that wants an event, in the transaction that moves
its cursor, so a crash neither loses nor doubles an event. A job per endpoint (`delivery.py`) sends what is due, in
order, signed as Standard Webhooks specifies. Delivery is at least once: a receiver recognises repeats by `webhook-id`.
"""
