"""What orders announces, inside the transaction of the change. A receiver's rows join it; other effects need a job.

| signal | payload | when |
| --- | --- | --- |
| order_placed | order | placed; its stock is taken by the last statement, after the receivers |
| order_paid | order | first paid, also when an expired order is revived; at once when the total is 0 |
| order_expired | order | its hold ran out: stock and coupon are given back |
| order_cancelled | order, was_paid | by customer, admin or with its last part; if was_paid, refund what is left |
| part_changed | part, status | a part has a new status; "cancelled" in a paid order: part.total_amount is due back |
| part_shipped | part, shipment | a parcel has left; sent before part_changed |
| items_removed | part, amount | a seller took units out of a paid part: `amount` (minor units, with tax) is due back |
| return_changed | returned | a Return was requested or has another status |
| return_received | returned, amount, is_last | goods came back: `amount` is due back; sent before return_changed |

`is_last`: these are the last goods of the part, and `amount` includes its shipping. When the last part is cancelled,
part_changed comes first and order_cancelled second. Cancelling or expiring a whole order does not announce each part.
Receivers run with the order's row locked. Receivers of items_removed and return_received return the minor units that
they give back, which may be less than is due (see `given_back`), or None.
"""

from typing import Any

from django.dispatch import Signal

order_placed = Signal()
order_paid = Signal()
order_expired = Signal()
order_cancelled = Signal()
part_changed = Signal()
part_shipped = Signal()
items_removed = Signal()
return_changed = Signal()
return_received = Signal()


def given_back(signal: Signal, **payload: Any) -> int:
    """Announces that money is due back; returns how much of it the receivers give back, in minor units."""
    return sum(answer or 0 for _, answer in signal.send(**payload))
