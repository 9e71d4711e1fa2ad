from config.tests.access.row import row
from config.tests.access.world import EVENT

ORDER = {"Order-Token": "{order_token}"}
SOME = {"amount": 100, "currency": "USD"}
BY_STRIPE = {"Stripe-Signature": "{stripe_signature}"}

ROWS = [
    #                            guest cust. other sell. rival susp. admin
    row("POST payments", "401 201 404 404 404 404 201", order="{unpaid}"),
    row("POST payments", "401 201 404 404 404 404 201", order="{unpaid}", method="bank_transfer"),
    row("POST payments", "401 404 404 404 404 404 201", order="{guest_order}"),
    row("POST payments", "201 201 201 201 201 201 201", order="{guest_order}", headers=ORDER),
    row("POST payments", "404 201 404 404 404 404 201", order="{unpaid}", headers=ORDER),
    row("GET payments/{payment}", "401 200 404 404 404 404 200"),
    row("GET payments/{payment}", "404 200 404 404 404 404 200", headers=ORDER),
    row(
        "POST payments/{payment}/confirm",
        "401 200 404 404 404 404 200",
        payment_method="pm_card_chargeDeclined",
    ),
    row("POST payments/{transfer}/settle", "401 403 403 403 403 403 200"),
    row("GET orders/{settled}/refunds", "401 403 403 200 404 404 200"),
    row("POST orders/{settled}/refunds", "401 403 403 201 403 404 201", amount=SOME, reason="scratched"),
    row("POST payments/webhooks/stripe", "200 200 200 200 200 200 200", headers=BY_STRIPE, **EVENT),
    row("POST payments/webhooks/stripe", "400 400 400 400 400 400 400", **EVENT),
    # --- Saved cards
    row("GET me/payment-methods", "401 200 200 200 200 200 200"),
    row("POST me/payment-methods", "401 201 201 201 201 201 201"),
    row("DELETE me/payment-methods/{card}", "401 204 404 404 404 404 404"),
    # --- A seller's money; the rival has not stepped up
    row("GET seller/ledger", "401 403 403 200 200 200 403"),
    row("GET seller/balance", "401 403 403 200 200 200 403"),
    row("GET seller/statement", "401 403 403 200 200 200 403"),
    row("GET seller/disputes", "401 403 403 200 200 200 403"),
    row("GET seller/payout-account", "401 403 403 200 200 200 403"),
    row("POST seller/payout-account", "401 403 403 201 403 403 403", return_url="https://shop.example.com/"),
    row("GET payouts", "401 403 403 200 200 200 200"),
    row("GET payouts/{payout}", "401 403 403 200 404 404 200"),
    row("GET admin/ledger", "401 403 403 403 403 403 200"),
    row(
        "POST admin/ledger/adjustments",
        "401 403 403 403 403 403 201",
        seller="{shop}",
        amount=SOME,
        direction="credit",
        reason="goodwill",
    ),
    row("GET admin/sellers/{shop}/statement", "401 403 403 403 403 403 200"),
    row("GET admin/disputes", "401 403 403 403 403 403 200"),
    row("POST admin/payouts/run", "401 403 403 403 403 403 201"),
    row("GET admin/payouts/bank-file", "401 403 403 403 403 403 200"),
    row("POST admin/payouts/{payout}/pay", "401 403 403 403 403 403 200"),
    row("POST admin/payouts/{payout}/retry", "401 403 403 403 403 403 200"),
    row("POST admin/payouts/{payout}/cancel", "401 403 403 403 403 403 200"),
]
