from config.tests.access.row import row
from orders.tests.factories import ADDRESS

MONEY = {"amount": 700, "currency": "USD"}
CART = {"Cart-Token": "{cart_token}"}
ORDER = {"Order-Token": "{order_token}"}
RETURNED = [{"id": "{delivered_item}", "quantity": 1}]
COUPON = {"code": "NEWTEN", "kind": "percent", "value": 10}
METHOD = {"name": "Courier", "price": MONEY, "countries": ["GB"]}

ROWS = [
    # --- The cart: everybody has one of their own; the token's is whose who holds it
    #                            guest cust. other sell. rival susp. admin
    row("GET cart", "200 200 200 200 200 200 200"),
    row("DELETE cart", "204 204 204 204 204 204 204"),
    row("POST cart/items", "201 201 201 201 201 201 201", variant="{rival_variant}", quantity=2),
    row("POST cart/items", "404 404 404 404 404 404 404", variant="{draft_variant}", quantity=2),
    row("POST cart/items", "404 404 404 404 404 404 404", variant="{closed_variant}", quantity=2),
    row("PATCH cart/items/{item}", "404 200 404 404 404 404 404", quantity=3),
    row("PATCH cart/items/{guest_item}", "404 404 404 404 404 404 404", quantity=3),
    row("PATCH cart/items/{guest_item}", "200 404 404 404 404 404 404", quantity=3, headers=CART),
    row("DELETE cart/items/{item}", "404 200 404 404 404 404 404"),
    row("DELETE cart/items/{guest_item}", "404 404 404 404 404 404 404"),
    row("POST cart/coupon", "409 200 409 409 409 409 409", code="TEN"),
    row("DELETE cart/coupon", "200 200 200 200 200 200 200"),
    row("GET cart/shipping-options?country=GB", "200 200 200 200 200 200 200"),
    row(
        "POST cart/quote",
        "409 200 409 409 409 409 409",
        shipping_address=ADDRESS,
        shipping={"{shop}": "{method}"},
    ),
    row("POST cart/quote", "200 200 200 200 200 200 200", shipping_address=ADDRESS, headers=CART),
    row(
        "POST orders/place", "409 201 409 409 409 409 409", shipping_address=ADDRESS, email="eve@example.com"
    ),
    row(
        "POST orders/place",
        "201 201 201 201 201 201 201",
        shipping_address=ADDRESS,
        email="eve@example.com",
        headers=CART,
    ),
    # --- Orders: the customer's; a seller sees parts
    row("GET orders", "401 200 200 200 200 200 200"),
    row("GET orders", "200 200 200 200 200 200 200", headers=ORDER),
    row("GET orders/{paid}", "401 200 404 404 404 404 200"),
    row("GET orders/{number}", "401 200 404 404 404 404 200"),
    row("GET orders/{paid}", "404 200 404 404 404 404 200", headers=ORDER),
    row("GET orders/{guest_order}", "401 404 404 404 404 404 200"),
    row("GET orders/{guest_order}", "200 200 200 200 200 200 200", headers=ORDER),
    row("GET orders/{paid}/events", "401 200 404 404 404 404 200"),
    row("GET orders/{guest_order}/events", "401 404 404 404 404 404 200"),
    row("POST orders/{unpaid}/cancel", "401 200 404 404 404 404 200", reason="changed my mind"),
    row("POST orders/{paid}/cancel", "401 200 404 404 404 404 200"),
    row("POST orders/{shipped}/cancel", "401 409 404 404 404 404 409"),
    row("POST orders/{guest_order}/cancel", "401 404 404 404 404 404 200"),
    row("POST orders/{guest_order}/cancel", "200 200 200 200 200 200 200", headers=ORDER),
    row("GET admin/orders", "401 403 403 403 403 403 200"),
    row("GET admin/orders/{paid}", "401 403 403 403 403 403 200"),
    # --- Parts: one shop's each; a suspended one still fulfils what was sold
    row("GET orders/seller", "401 403 403 200 200 200 200"),
    row("GET orders/seller/{part}", "401 403 403 200 404 404 200"),
    row("GET orders/seller/{rival_part}", "401 403 403 404 200 404 200"),
    row("GET orders/seller/{closed_part}", "401 403 403 404 404 200 200"),
    row("POST orders/seller/{part}/accept", "401 403 403 200 404 404 200"),
    row("POST orders/seller/{closed_part}/accept", "401 403 403 404 404 200 200"),
    row("POST orders/seller/{accepted_part}/ship", "401 403 403 200 404 404 200", carrier="DHL"),
    row(
        "POST orders/seller/{accepted_part}/ship",
        "401 403 403 200 404 404 200",
        items=[{"id": "{accepted_item}", "quantity": 1}],
    ),
    row("POST orders/seller/{shipped_part}/deliver", "401 403 403 200 404 404 200"),
    row("POST orders/seller/{part}/cancel", "401 403 403 200 403 404 200", reason="broken"),
    row(
        "POST orders/seller/{shop_part}/remove",
        "401 403 403 200 403 404 200",
        items=[{"id": "{shop_item}", "quantity": 1}],
        reason="broken",
    ),
    # --- Returns: asked for by the customer, decided on by the shop
    row("POST orders/{delivered}/returns", "401 201 404 404 404 404 201", items=RETURNED, reason="too small"),
    row("POST orders/{paid}/returns", "401 400 404 404 404 404 400", items=RETURNED, reason="too small"),
    row("GET returns", "401 200 200 200 200 200 200"),
    row("GET returns", "200 200 200 200 200 200 200", headers=ORDER),
    row("GET returns/{returned}", "401 200 404 200 404 404 200"),
    row("GET returns/{returned}", "404 200 404 200 404 404 200", headers=ORDER),
    row("POST returns/{returned}/approve", "401 403 404 200 404 404 200"),
    row("POST returns/{returned}/reject", "401 403 404 200 404 404 200", reason="worn"),
    row("POST returns/{approved_return}/receive", "401 403 404 200 403 404 200"),
    row("POST returns/{returned}/cancel", "401 200 404 403 404 404 200"),
    # --- Rules of a shop, and of the platform
    row("GET coupons", "401 403 403 200 200 200 403"),
    row("POST coupons", "401 403 403 201 201 403 403", **COUPON),
    row("GET coupons/{coupon}", "401 403 403 200 404 404 403"),
    row("PATCH coupons/{coupon}", "401 403 403 200 404 403 403", usage_limit=5),
    row("PATCH coupons/{platform_coupon}", "401 403 403 404 404 403 403", usage_limit=5),
    row("DELETE coupons/{coupon}", "401 403 403 204 404 403 403"),
    row("GET shipping-methods", "401 403 403 200 200 200 403"),
    row("POST shipping-methods", "401 403 403 201 201 403 403", **METHOD),
    row("GET shipping-methods/{method}", "401 403 403 200 404 404 403"),
    row("PATCH shipping-methods/{method}", "401 403 403 200 404 403 403", name="Bike"),
    row("PATCH shipping-methods/{platform_method}", "401 403 403 404 404 403 403", name="Bike"),
    row("DELETE shipping-methods/{method}", "401 403 403 204 404 403 403"),
    row("GET admin/coupons", "401 403 403 403 403 403 200"),
    row("POST admin/coupons", "401 403 403 403 403 403 201", **COUPON),
    row("GET admin/coupons/{coupon}", "401 403 403 403 403 403 200"),
    row("PATCH admin/coupons/{coupon}", "401 403 403 403 403 403 200", usage_limit=5),
    row("DELETE admin/coupons/{coupon}", "401 403 403 403 403 403 204"),
    row("GET admin/shipping-methods", "401 403 403 403 403 403 200"),
    row("POST admin/shipping-methods", "401 403 403 403 403 403 201", **METHOD),
    row("GET admin/shipping-methods/{method}", "401 403 403 403 403 403 200"),
    row("PATCH admin/shipping-methods/{method}", "401 403 403 403 403 403 200", name="Bike"),
    row("DELETE admin/shipping-methods/{method}", "401 403 403 403 403 403 204"),
    row("GET admin/tax-rates", "401 403 403 403 403 403 200"),
    row("POST admin/tax-rates", "401 403 403 403 403 403 201", country="DE", rate="0.19", inclusive=True),
    row("GET admin/tax-rates/{tax_rate}", "401 403 403 403 403 403 200"),
    row("PATCH admin/tax-rates/{tax_rate}", "401 403 403 403 403 403 200", rate="0.21"),
    row("DELETE admin/tax-rates/{tax_rate}", "401 403 403 403 403 403 204"),
]
