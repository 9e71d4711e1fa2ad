"""Webhooks going out: the event log told to programs of sellers and of the platform.

A reader of the log (`reader.py`) writes a delivery for each endpoint that wants an event, in the transaction that moves
its cursor: no event is lost or doubled by a crash. A job for each endpoint (`delivery.py`) sends what is due, in order,
each signed as Standard Webhooks says. At least once: a receiver tells repetitions by `webhook-id`.
"""
