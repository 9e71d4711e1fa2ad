from config.tests.access.row import row

NEW_ADDRESS = {"name": "Ada", "line1": "1 High St", "city": "York", "postal_code": "YO1 7HH", "country": "GB"}
NEW_PASSWORD = "violet-otter-27"

ROWS = [
    # --- Sign-in: whoever has the secret may; a token in the header does not matter
    #                            guest cust. other sell. rival susp. admin
    row(
        "POST auth/register",
        "201 201 201 201 201 201 201",
        email="{new_email}",
        password=NEW_PASSWORD,
        name="Eve",
    ),
    row("POST auth/token", "200 200 200 200 200 200 200", email="{email}", password="{password}"),
    row("POST auth/token", "401 401 401 401 401 401 401", email="{email}", password="wrong-horse-9"),
    row("POST auth/token/refresh", "200 200 200 200 200 200 200", refresh="{refresh}"),
    row("POST auth/token/refresh", "401 401 401 401 401 401 401", refresh="no.token.atall"),
    row("POST auth/verify-email", "204 204 204 204 204 204 204", token="{verification}"),
    row("POST auth/password/reset", "202 202 202 202 202 202 202", email="{email}"),
    row(
        "POST auth/password/reset/confirm",
        "204 204 204 204 204 204 204",
        token="{reset}",
        password=NEW_PASSWORD,
    ),
    row("POST auth/email/change/confirm", "204 204 204 204 204 204 204", token="{email_change}"),
    # --- One's own session
    row("POST auth/logout", "401 204 401 401 401 401 401", refresh="{refresh}"),
    row("POST auth/logout-all", "401 204 204 204 204 204 204"),
    row("POST auth/verify-email/resend", "401 202 202 202 202 202 202"),
    row(
        "POST auth/password/change",
        "401 204 204 204 204 204 204",
        current_password="{password}",
        new_password=NEW_PASSWORD,
    ),
    row(
        "POST auth/email/change",
        "401 202 202 202 403 202 202",
        email="{new_email}",
        password="{password}",
    ),
    row("POST auth/websocket-ticket", "401 200 200 200 200 200 200"),
    # --- Oneself; erasure waits for open orders, unfinished parts, and another administrator
    row("GET me", "401 200 200 200 200 200 200"),
    row("PATCH me", "401 200 200 200 200 200 200", name="Ada L"),
    row("DELETE me", "401 409 204 409 403 409 409"),
    row("GET me/export", "401 200 200 200 200 200 200"),
    row("GET me/addresses", "401 200 200 200 200 200 200"),
    row("POST me/addresses", "401 201 201 201 201 201 201", **NEW_ADDRESS),
    row("GET me/addresses/{address}", "401 200 404 404 404 404 404"),
    row("PATCH me/addresses/{address}", "401 200 404 404 404 404 404", city="Leeds"),
    row("DELETE me/addresses/{address}", "401 204 404 404 404 404 404"),
    # --- What opens one's account: for sellers and staff a second factor and API keys
    row("GET me/sessions", "401 200 200 200 200 200 200"),
    row("DELETE me/sessions/{session}", "401 204 404 404 404 404 404"),
    row("GET me/totp", "401 403 403 200 200 200 200"),
    row("POST me/totp", "401 403 403 201 409 201 201"),
    row("POST me/totp/confirm", "401 403 403 200 409 409 409", code="{code}"),
    row("DELETE me/totp", "401 403 403 204 403 409 409"),
    row("POST auth/step-up", "401 409 409 409 200 409 409", code="{recovery}"),
    row("GET me/api-keys", "401 403 403 200 200 200 200"),
    row("POST me/api-keys", "401 403 403 201 403 403 201", name="Till", scopes=["catalog:read"]),
    row("DELETE me/api-keys/{api_key}", "401 403 403 204 404 404 404"),
    # --- Shops
    row("GET sellers", "200 200 200 200 200 200 200"),
    row("GET sellers/{shop}", "200 200 200 200 200 200 200"),
    row("GET sellers/{closed_shop}", "404 404 404 404 404 404 404"),
    row("GET sellers/{pending_shop}", "404 404 404 404 404 404 404"),
    row("POST sellers/apply", "401 201 201 409 409 409 403", name="Ada's"),
    row("GET sellers/me", "401 403 403 200 200 200 403"),
    row("PATCH sellers/me", "401 403 403 200 200 403 403", description="Tea."),
    row("POST sellers/me/logo", "401 403 403 200 200 403 403", upload="logo"),
    row("DELETE sellers/me/logo", "401 403 403 204 204 403 403"),
    # --- Staff
    row("GET admin/users", "401 403 403 403 403 403 200"),
    row("GET admin/users/{customer}", "401 403 403 403 403 403 200"),
    row("PATCH admin/users/{customer}", "401 403 403 403 403 403 200", is_active=False),
    row("PATCH admin/users/{customer}", "401 403 403 403 403 403 200", role="admin"),
    row("GET admin/security-events", "401 403 403 403 403 403 200"),
    row("GET admin/security-events/{line}", "401 403 403 403 403 403 200"),
    row("GET admin/sellers", "401 403 403 403 403 403 200"),
    row("GET admin/sellers/{closed_shop}", "401 403 403 403 403 403 200"),
    row("PATCH admin/sellers/{shop}", "401 403 403 403 403 403 200", commission_rate="0.2"),
    row("POST admin/sellers/{pending_shop}/approve", "401 403 403 403 403 403 200"),
    row("POST admin/sellers/{closed_shop}/approve", "401 403 403 403 403 403 200"),
    row("POST admin/sellers/{pending_shop}/reject", "401 403 403 403 403 403 200"),
    row("POST admin/sellers/{shop}/suspend", "401 403 403 403 403 403 200"),
]
