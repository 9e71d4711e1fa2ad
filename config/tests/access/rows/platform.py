"""Routes of no domain."""

from config.tests.access.row import row

ROWS = [
    #                                    guest cust. other sell. rival susp. admin
    row("GET /", "200 200 200 200 200 200 200"),
    row("GET events", "200 200 200 200 200 200 200"),
    # --- Webhooks going out: the platform's for staff, a shop's for its seller while it is open
    row("GET admin/webhooks", "401 403 403 403 403 403 200"),
    row("POST admin/webhooks", "401 403 403 403 403 403 201", url="https://example.com/new"),
    row("GET admin/webhooks/{platform_webhook}", "401 403 403 403 403 403 200"),
    row("GET admin/webhooks/{webhook}", "401 403 403 403 403 403 404"),
    row("PATCH admin/webhooks/{platform_webhook}", "401 403 403 403 403 403 200", is_active=False),
    row("DELETE admin/webhooks/{platform_webhook}", "401 403 403 403 403 403 204"),
    row("POST admin/webhooks/{platform_webhook}/rotate-secret", "401 403 403 403 403 403 200"),
    row("POST admin/webhooks/{platform_webhook}/test", "401 403 403 403 403 403 202"),
    row("GET admin/webhooks/{platform_webhook}/deliveries", "401 403 403 403 403 403 200"),
    row(
        "GET admin/webhooks/{platform_webhook}/deliveries/{platform_delivery}", "401 403 403 403 403 403 200"
    ),
    row(
        "POST admin/webhooks/{platform_webhook}/deliveries/{platform_delivery}/redeliver",
        "401 403 403 403 403 403 202",
    ),
    row("GET sellers/me/webhooks", "401 403 403 200 200 403 403"),
    row("POST sellers/me/webhooks", "401 403 403 201 201 403 403", url="https://example.com/new"),
    row("GET sellers/me/webhooks/{webhook}", "401 403 403 200 404 403 403"),
    row("PATCH sellers/me/webhooks/{webhook}", "401 403 403 200 404 403 403", events=["order.placed"]),
    row("DELETE sellers/me/webhooks/{webhook}", "401 403 403 204 404 403 403"),
    row("POST sellers/me/webhooks/{webhook}/rotate-secret", "401 403 403 200 404 403 403"),
    row("POST sellers/me/webhooks/{webhook}/test", "401 403 403 202 404 403 403"),
    row("GET sellers/me/webhooks/{webhook}/deliveries", "401 403 403 200 404 403 403"),
    row("GET sellers/me/webhooks/{webhook}/deliveries/{delivery}", "401 403 403 200 404 403 403"),
    row("POST sellers/me/webhooks/{webhook}/deliveries/{delivery}/redeliver", "401 403 403 202 404 403 403"),
]
