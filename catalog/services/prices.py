from collections.abc import Iterable

from django.db import connection

from catalog.errors import CurrencyMismatch
from catalog.events import ProductPriceChanged, product_audience
from catalog.models import Variant, VariantPrice
from catalog.models.sales import Priced
from catalog.signals import PriceMove, prices_changed
from config.shared.actor import seller_audience
from config.shared.events import log
from config.shared.money import Money


def check_one_currency(variant: Variant, compare_at: Money | None) -> None:
    """Raises CurrencyMismatch unless all prices of the product's variants, and `compare_at`, are in one currency."""
    others = variant.product.variants.live().exclude(pk=variant.pk).values_list("currency", flat=True)
    currencies = {variant.currency, *others, *([compare_at.currency] if compare_at else [])}
    if len(currencies) > 1:
        raise CurrencyMismatch


def announce_prices(changed: Iterable[tuple[Variant, Money]]) -> None:
    """Takes variants with the price shown before; announces those whose shown price differs."""
    differing = [(variant, old) for variant, old in changed if variant.shown_price != old]
    log.append_all([(event_of(variant, old), audiences_of(variant)) for variant, old in differing])
    if differing:
        moves = [PriceMove(variant, old, variant.shown_price) for variant, old in differing]
        prices_changed.send(sender=Variant, moves=moves)


def announce_further(changed: Iterable[tuple[VariantPrice, Money]]) -> None:
    """The same for prices in further currencies, whose `variant` must be loaded."""
    log.append_all(
        [
            (event_of(row.variant, old, row), audiences_of(row.variant))
            for row, old in changed
            if row.shown_price != old
        ]
    )


def name_author(actor: str) -> None:
    """Sets the author that the price history records for the rest of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('souk.actor', %s, true)", [actor])


def event_of(variant: Variant, old: Money, priced: Priced | None = None) -> ProductPriceChanged:
    return ProductPriceChanged(
        product=str(variant.product_id),
        variant=str(variant.pk),
        price=(priced or variant).shown_price.as_json(),
        previous=old.as_json(),
    )


def audiences_of(variant: Variant) -> list[str]:
    return [product_audience(variant.product_id), seller_audience(variant.seller_id)]
