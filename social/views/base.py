from accounts.models import Seller
from config.shared.api.views import ApiMixin
from config.shared.permissions import IsActiveSeller


class LimitedWrites(ApiMixin):
    """Writes fall under the rate `write_scope` as well; reads do not."""

    write_scope = ""

    @property
    def throttle_scope(self) -> str:  # type: ignore[override]
        return "" if self.request.method == "GET" else self.write_scope  # type: ignore[attr-defined]


class OfOwnShop(ApiMixin):
    """What belongs to the caller's own shop."""

    permission_classes = [IsActiveSeller]

    @property
    def shop(self) -> Seller:
        return Seller.objects.get(pk=self.request.actor.seller_id)  # type: ignore[attr-defined]
