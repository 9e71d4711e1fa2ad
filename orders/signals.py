"""What orders announces, inside the transaction of the change (a receiver's rows join it; leave by a job).

| signal | payload | when |
| --- | --- | --- |
| order_placed | order | placed; its stock is taken as the last statement, after the receivers |
| order_paid | order | paid for the first time, also when an expired order is revived; at once when the total is 0 |
| order_expired | order | its hold ran out: stock and coupon are given back |
| order_cancelled | order, was_paid | by customer, admin, or with its last part; refund what is left to refund when was_paid |
| part_changed | part, status | a seller's part has the new status; on "cancelled" of a paid order part.total_amount is due back |
| part_shipped | part, shipment | a parcel has left; sent before part_changed |
| items_removed | part, amount | the seller took units out of a paid part: `amount` (minor units, with tax) is due back; answered |
| return_changed | returned | a Return was requested, or has another status |
| return_received | returned, amount, is_last | goods have come back: `amount` is due back, with `is_last` the last of the part, shipping included; answered; sent before return_changed |

When the last part is cancelled, part_changed comes first and order_cancelled second. A cancel or expiry of the whole
order does not announce each part. Receivers run with the order's row locked. What is "answered" a receiver answers with
the minor units that it gives back, which may be less than is due (see `given_back`); any other answer is None.
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
    """Tells that money is due back; returns how much of it really goes, in minor units."""
    return sum(answer or 0 for _, answer in signal.send(**payload))
