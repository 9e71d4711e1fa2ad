"""Cells that a spreadsheet would run, in every file that is handed out as CSV."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from bench.security.report import Check
from orders.exporting import csv_of
from orders.models import Order

LEADS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "＝1+1",
    '=HYPERLINK("https://evil.example")',
    " =1+1",
)
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")  # a number, which is none of it
RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def attack(scene: Any) -> Iterator[Check]:
    seller, admin = scene.caller("seller"), scene.caller("admin")
    planted = Check("cells that a spreadsheet would run, planted")
    for n, lead in enumerate(LEADS):
        body = {
            "title": f"{lead} {n}",
            "description": lead,
            "sku": f"{lead}-{n}",
            "price": {"amount": 100, "currency": "USD"},
            "stock": 1,
        }
        answer = seller.api("POST", "products", body)
        planted.tried(answer.is_right, f"{lead!r}: {answer.status}")
        reason = {
            "seller": scene.world.names["shop"],
            "amount": {"amount": 1, "currency": "USD"},
            "direction": "credit",
            "reason": lead,
        }
        answer = admin.api("POST", "admin/ledger/adjustments", reason, idempotency_key=f"plant-{n}")
        planted.tried(answer.is_right, f"{lead!r}: {answer.status}")
    answer = seller.api("PATCH", "sellers/me", {"name": "=1+1 Ltd"})
    planted.equal(answer.status, 200, "the shop's name")
    Order.objects.update(email="=cmd@example.com", note="@SUM(1)")
    yield planted
    files = {
        "products, Souk's columns": seller.api("GET", "products/export?format=souk").raw,
        "products, Shopify's columns": seller.api("GET", "products/export?format=shopify").raw,
        "statement": seller.api("GET", "seller/statement?format=csv").raw,
        "bank file of payouts": admin.api("GET", "admin/payouts/bank-file").raw,
        "orders (admin site)": "".join(csv_of(Order.objects.order_by("pk"))).encode(),
    }
    for name, raw in files.items():
        yield looked_through(name, raw)


def looked_through(name: str, raw: bytes) -> Check:
    check = Check(f"CSV formulas: {name}")
    for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"))):
        for cell in row:
            is_plain = not cell.lstrip(" ").startswith(RUN) or PLAIN.fullmatch(cell)
            check.tried(bool(is_plain), repr(cell))
    return check
