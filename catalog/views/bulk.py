from collections import Counter
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.serializers.bulk import BulkAnswerSerializer, BulkPricesSerializer
from catalog.services.bulk import NewPrice, NewStock, Outcome, Refused, set_prices
from config.shared.api.serializers import validated
from config.shared.api.views import ApiView
from config.shared.permissions import IsActiveSeller, IsAdmin


def shop_of(request: Request) -> int | None:
    """The shop whose variants the request may change; None lets an administrator change any shop's."""
    return None if request.actor.is_admin else request.actor.seller_id


def answer(rows: Sequence[NewPrice | NewStock], outcomes: Sequence[Outcome]) -> Response:
    results = [
        row_of(index, row.variant, one) for index, (row, one) in enumerate(zip(rows, outcomes, strict=True))
    ]
    counts = Counter(result["status"] for result in results)
    totals = {status: counts[status] for status in ("updated", "unchanged", "failed")}
    return Response({"results": results, **totals})


def row_of(index: int, variant: int, outcome: Outcome) -> dict[str, Any]:
    row = {"index": index, "variant": str(variant)}
    if isinstance(outcome, Refused):
        return {**row, "status": "failed", "code": outcome.code, "detail": outcome.detail}
    return {**row, "status": outcome}


class BulkPrices(ApiView):
    """Prices of up to 1,000 variants, each row independent: the answer has the outcome of each. A price in another
    currency than the variant's own is stored as a further price beside it."""

    permission_classes = [IsActiveSeller | IsAdmin]

    @extend_schema(request=BulkPricesSerializer, responses=BulkAnswerSerializer)
    def post(self, request: Request) -> Response:
        rows = validated(BulkPricesSerializer, request.data)["items"]
        return answer(rows, set_prices(seller_id=shop_of(request), rows=rows, actor=request.actor.caller))
