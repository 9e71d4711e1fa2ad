"""A heading for each operation: the first sentence of its view's docstring, or one made from method and path."""

from typing import Any

VERBS = {"get": "Read", "post": "Add", "patch": "Change", "put": "Replace", "delete": "Remove"}
# Where method and path do not make a good heading.
TITLES = {
    "GET /products/my": "List your own products in every status",
    "POST /products/create": "Add a product (an alias of POST /products)",
    "GET /products/export": "Export your products as CSV",
    "POST /products/import": "Import products from CSV, in the background",
    "GET /products/import/{id}": "Read the progress of an import",
    "POST /products/{id}/publish": "Publish a product",
    "POST /products/{id}/unpublish": "Take a product back to draft",
    "GET /products/{product_id}/also-bought": "List what is bought with a product",
    "GET /search/suggest": "Suggest products, categories, brands and phrases",
    "GET /events": "Read the events that you may see",
    "GET /inventory/{variant_id}": "Read the stock of a variant",
    "PATCH /inventory/{variant_id}": "Set when stock counts as low",
    "POST /inventory/adjust": "Correct the stock of a variant",
    "GET /inventory": "List the stock of your variants",
    "POST /variants/prices": "Set the prices of many variants",
    "GET /products/{product_id}/related": "List products shown beside this one",
    "POST /products/{product_id}/related": "Choose the products shown beside this one",
    "DELETE /products/{product_id}/notify-me": "Stop waiting for an alert",
    "DELETE /products/{id}": "Archive a product",
    "GET /categories/{id}/attributes": "List what attributes a category's products may have",
    "GET /feed": "List the news of the shops and brands you follow",
    "POST /follow": "Follow a shop or a brand",
    "DELETE /follow/{id}": "Stop following",
    "GET /follow": "List the shops and brands you follow",
    "POST /payments": "Begin to pay an order",
    "GET /orders/seller": "List the seller's parts of orders",
    "GET /orders/seller/{id}": "Read a seller's part of an order",
    "GET /recently-viewed": "List the products you looked at",
    "POST /recently-viewed": "Remember that you looked at a product",
    "DELETE /recently-viewed": "Forget the products you looked at",
    "GET /me": "Read your profile",
    "PATCH /me": "Change your profile",
    "DELETE /me": "Erase your account",
    "GET /me/export": "Read all personal data that is kept about you",
    "GET /wishlists/shared/{token}": "Read a shared wishlist",
    "POST /wishlists/{id}/share": "Share a wishlist by a link",
    "DELETE /wishlists/{id}/share": "Stop sharing a wishlist",
    "POST /reviews/{id}/helpful": "Vote for a review",
    "DELETE /reviews/{id}/helpful": "Withdraw your vote",
    "POST /reviews/{id}/report": "Report a review",
    "GET /notify-me": "List the alerts that you wait for",
    "POST /admin/payouts/run": "Make the payouts that are due",
    "POST /notifications/{id}/read": "Mark a notification as read",
    "POST /notifications/read-all": "Mark all notifications as read",
    "GET /notifications/unsubscribe": "Read which mails an unsubscribe link would stop",
    "POST /notifications/unsubscribe": "Unsubscribe by the link in a mail",
}
ACTS = {
    "accept", "approve", "cancel", "confirm", "deliver", "hide", "pay", "publish", "receive", "redeliver", "reject",
    "retry", "rotate-secret", "settle", "ship", "suspend", "test", "unpublish",
}  # fmt: skip


def title_of(path: str, method: str, operation: dict[str, Any]) -> str:
    short = path.removeprefix("/api/v1")
    return (
        TITLES.get(f"{method.upper()} {short}")
        or operation.get("summary")
        or made_up(short, method, operation)
    )


def made_up(path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [part for part in path.split("/") if part and "{" not in part and part not in {"admin", "me"}]
    if not parts:
        return "List all links"
    *above, last = parts
    if last in ACTS and above:
        return f"{last.replace('-', ' ').capitalize()} {a(singular(above[-1]))}"
    if is_list(operation):
        return f"List {words(last)}"
    return f"{VERBS[method]} {a(singular(last))}"


def is_list(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))


def words(part: str) -> str:
    return part.replace("-", " ")


def singular(part: str) -> str:
    text = words(part)
    if text.endswith("ies"):
        return f"{text[:-3]}y"
    return text[:-1] if text.endswith("s") and not text.endswith("ss") else text


def a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"
