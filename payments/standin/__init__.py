"""A stand-in for Stripe: a small process on loopback that the real SDK talks to when there is no Stripe key.

Run it with `python -m payments.standin`; point the SDK at it with `StripeClient(key, base_addresses={"api": url})`.
It keeps to what Stripe documents for the calls that a marketplace makes; README.md says what it leaves out.
Nothing here imports Django or the project, and nothing of the project but its tests imports it.
"""
