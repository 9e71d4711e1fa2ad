from config.tests.access.row import row

ROWS = [
    #                            guest cust. other sell. rival susp. admin
    row("GET follow", "401 200 200 200 200 200 200"),
    row("POST follow", "401 201 201 201 201 201 201", seller="{shop}"),
    row("POST follow", "401 404 404 404 404 404 404", seller="{closed_shop}"),
    row("POST follow", "401 201 201 201 201 201 201", brand="{brand}"),
    row("DELETE follow/{follow}", "401 204 404 404 404 404 404"),
    row("GET feed", "401 200 200 200 200 200 200"),
    row("GET notifications", "401 200 200 200 200 200 200"),
    row("POST notifications/read-all", "401 200 200 200 200 200 200"),
    row("POST notifications/{notification}/read", "401 200 404 404 404 404 404"),
    # --- Reviews: who received it, once; the customer has written one
    row("GET products/{product}/reviews", "200 200 200 200 200 200 200"),
    row("GET products/{draft}/reviews", "404 404 404 404 404 404 404"),
    row("POST products/{product}/reviews", "401 409 201 403 403 403 403", rating=5),
    row("PATCH reviews/{review}", "401 200 403 403 403 403 200", rating=2),
    row("DELETE reviews/{review}", "401 204 403 403 403 403 204"),
    row("POST reviews/{review}/reply", "401 403 403 200 403 403 200", body="Thank you."),
]
