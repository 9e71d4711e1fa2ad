"""A stand-in for Stripe: a small process on loopback that the real SDK talks to when there is no Stripe key.

Run it with `python -m payments.standin`; point the SDK at it with `StripeClient(key, base_addresses={"api": url})`.
It follows Stripe's documentation for the calls that a marketplace makes; README.md says what it leaves out.
It imports neither Django nor the project; only tests and benchmarks import it.
"""
