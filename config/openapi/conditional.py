"""The operations that compare an ETag: writes by `If-Match`, public reads by `If-None-Match`."""

from typing import Any

TAG = {"type": "string"}
IF_MATCH = {
    "name": "If-Match", "in": "header", "required": False, "schema": TAG,
    "description": "The ETag that was read: 412 when somebody has changed it since.",
}  # fmt: skip
IF_NONE_MATCH = {
    "name": "If-None-Match", "in": "header", "required": False, "schema": TAG,
    "description": "The ETag that one has: 304 while it is still right.",
}  # fmt: skip
UNCHANGED = {"description": "What you have is still right."}
PUBLIC = ("/products", "/products/{id}", "/categories", "/categories/{id}", "/brands", "/brands/{id}")
GUARDED = {
    "/cart": {"delete"},
    "/cart/coupon": {"post", "delete"},
    "/cart/items": {"post"},
    "/cart/items/{id}": {"patch", "delete"},
    "/inventory/{variant_id}": {"patch"},
    "/inventory/adjust": {"post"},
    "/inventory/transfer": {"post"},
    "/orders/place": {"post"},
    "/orders/{id}/cancel": {"post"},
    "/orders/{id}/refunds": {"post"},
    "/orders/{id}/reorder": {"post"},
    "/orders/{id}/returns": {"post"},
    "/orders/seller/{id}/accept": {"post"},
    "/orders/seller/{id}/ship": {"post"},
    "/orders/seller/{id}/deliver": {"post"},
    "/orders/seller/{id}/cancel": {"post"},
    "/orders/seller/{id}/remove": {"post"},
    "/products/{id}": {"patch", "delete"},
    "/products/{id}/publish": {"post"},
    "/products/{id}/unpublish": {"post"},
    "/products/{product_id}/variants": {"post"},
    "/products/{product_id}/variants/{id}": {"patch", "delete"},
    "/returns/{id}/approve": {"post"},
    "/returns/{id}/reject": {"post"},
    "/returns/{id}/receive": {"post"},
    "/returns/{id}/cancel": {"post"},
    "/sellers/me": {"patch"},
}


def compare_tags(path: str, method: str, operation: dict[str, Any]) -> None:
    short = path.removeprefix("/api/v1")
    if method in GUARDED.get(short, ()):
        operation.setdefault("parameters", []).append(IF_MATCH)
    if method == "get" and short in PUBLIC:
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
        operation["responses"]["304"] = UNCHANGED
