"""Ids and secrets in Stripe's form."""

import secrets

PREFIXES = {
    "account": "acct_",
    "balance_transaction": "txn_3",
    "charge": "ch_3",
    "checkout.session": "cs_test_",
    "customer": "cus_",
    "dispute": "du_",
    "event": "evt_",
    "item": "li_",
    "payment_intent": "pi_3",
    "payment_method": "pm_1",
    "payout": "po_",
    "refund": "re_3",
    "request": "req_",
    "setup_intent": "seti_1",
    "transfer": "tr_1",
    "transfer_reversal": "trr_1",
    "webhook_endpoint": "we_1",
}


def new_id(kind: str) -> str:
    return PREFIXES[kind] + secrets.token_hex(12)


def client_secret(identifier: str) -> str:
    return f"{identifier}_secret_{secrets.token_hex(12)}"
