from config.tests.access.row import row

ROWS = [
    #                            guest cust. other sell. rival susp. admin
    row("GET follow", "401 200 200 200 200 200 200"),
    row("POST follow", "401 201 201 201 201 201 201", seller="{shop}"),
    row("POST follow", "401 404 404 404 404 404 404", seller="{closed_shop}"),
    row("POST follow", "401 201 201 201 201 201 201", brand="{brand}"),
    row("DELETE follow/{follow}", "401 204 404 404 404 404 404"),
    row("GET feed", "401 200 200 200 200 200 200"),
    row("GET sellers/me/followers", "401 403 403 200 200 200 403"),
    row("GET sellers/me/blocks", "401 403 403 200 200 403 403"),
    row("POST sellers/me/blocks", "401 403 403 201 400 403 403", part="{part}"),
    row("DELETE sellers/me/blocks/{block}", "401 403 403 404 204 403 403"),
    row("GET sellers/me/announcements", "401 403 403 200 200 200 403"),
    row("POST sellers/me/announcements", "401 403 403 201 201 403 403", title="Sale", body="On Monday."),
    row("DELETE sellers/me/announcements/{announcement}", "401 403 403 204 404 403 403"),
    # --- Notifications: one's own
    row("GET notifications", "401 200 200 200 200 200 200"),
    row("POST notifications/read-all", "401 200 200 200 200 200 200"),
    row("POST notifications/{notification}/read", "401 200 404 404 404 404 404"),
    row("GET notifications/preferences", "401 200 200 200 200 200 200"),
    row(
        "PATCH notifications/preferences",
        "401 200 200 200 200 200 200",
        digest="daily",
        kinds={"price.drop": {"email": False}},
    ),
    row("GET notifications/unsubscribe?token={unsubscribe}", "200 200 200 200 200 200 200"),
    row("POST notifications/unsubscribe?token={unsubscribe}", "200 200 200 200 200 200 200"),
    row("GET me/public", "401 200 200 200 200 200 200"),
    row("PATCH me/public", "401 200 200 200 200 200 200", public_name="full"),
    # --- Reviews: who received it, once; the customer has written one
    row("GET products/{product}/reviews", "200 200 200 200 200 200 200"),
    row("GET products/{draft}/reviews", "404 404 404 404 404 404 404"),
    row("POST products/{product}/reviews", "401 409 201 403 403 403 403", rating=5),
    row("PATCH reviews/{review}", "401 200 403 403 403 403 200", rating=2),
    row("DELETE reviews/{review}", "401 204 403 403 403 403 204"),
    row("POST reviews/{review}/reply", "401 403 403 200 403 403 200", body="Thank you."),
]
