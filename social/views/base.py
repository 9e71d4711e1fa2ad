from accounts.models import Seller
from config.shared.api.views import ApiMixin
from config.shared.permissions import IsActiveSeller


class LimitedWrites(ApiMixin):
    """Applies the rate `write_scope` to writes in addition; reads are exempt."""

    write_scope = ""

    @property
    def throttle_scope(self) -> str:  # type: ignore[override]
        return "" if self.request.method == "GET" else self.write_scope  # type: ignore[attr-defined]


class OfOwnShop(ApiMixin):
    """Resources of the caller's own shop."""

    permission_classes = [IsActiveSeller]

    @property
    def shop(self) -> Seller:
        return Seller.objects.get(pk=self.request.actor.seller_id)  # type: ignore[attr-defined]
