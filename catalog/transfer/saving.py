"""Saves many drafts at once: each product is created, updated, or unchanged.

The number of statements does not grow with the number of drafts. A draft with invalid data is refused alone. If the
database refuses (a concurrent write was faster), nothing is saved and the caller retries with halves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from rest_framework.exceptions import APIException

from accounts.models import Seller
from accounts.services import change_product_count
from catalog.errors import SkuTaken
from catalog.models import Product, Variant
from catalog.services.attributes import Types, check_attributes, types_of
from catalog.services.creation import NewProduct, add_variants, announce_published, create_products
from catalog.services.currencies import PriceEdits
from catalog.services.offers import check_offers
from catalog.services.prices import announce_prices, name_author
from catalog.services.refreshing import refresh_products
from catalog.services.sales import PRICE_COLUMNS
from catalog.services.stock import adjust_levels
from catalog.transfer.cells import BadCell
from catalog.transfer.drafts import Draft
from catalog.transfer.known import Known, lock_known
from catalog.transfer.merging import Merge
from catalog.transfer.references import References, references_of

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
Status = Product.Status
PRODUCT_COLUMNS = [
    "title", "description", "category", "brand", "attributes", "tags", "option_names", "status",
    "seo_title", "seo_description", "version", "updated_at",
]  # fmt: skip
VARIANT_COLUMNS = [
    "sku", *PRICE_COLUMNS, "options", "weight_g", "length_mm", "width_mm", "height_mm", "barcode", "file_stock",
]  # fmt: skip
Refusal = APIException | BadCell


@dataclass(slots=True)
class Plan:
    """The result planned for a draft: a new product, or changes of an existing one. `claims` are the SKUs it takes."""

    draft: Draft
    new: NewProduct | None = None
    merge: Merge | None = None
    claims: dict[str, int] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.merge is None:
            return CREATED
        return UPDATED if self.merge.has_changes else UNCHANGED


@transaction.atomic
def save_drafts(*, seller: Seller, drafts: Sequence[Draft], actor: str) -> list[str | Refusal]:
    """Returns each draft's outcome or its refusal. Raises database errors."""
    references = references_of(drafts)
    known = lock_known(seller, [draft.handle for draft in drafts])
    results: list[Plan | Refusal] = [plan(draft, known.get(draft.handle), references) for draft in drafts]
    results = without_taken(seller, results)
    plans = [result for result in results if isinstance(result, Plan)]
    if fresh := [one.new for one in plans if one.new]:
        create_products(seller=seller, new=fresh, actor=actor)
    save_merges(seller, [one.merge for one in plans if one.merge], actor)
    return [result.outcome if isinstance(result, Plan) else result for result in results]


def plan(draft: Draft, known: Known | None, references: References) -> Plan | Refusal:
    try:
        values = references.of(draft.values)
        if known is None:
            return plan_new(draft, values, references.types_of(values.get("category")))
        return plan_merge(draft, known, values, references)
    except (BadCell, APIException) as refusal:
        return refusal


def plan_new(draft: Draft, values: dict[str, Any], types: Types) -> Plan:
    """Raises 400 for variants that do not fit together, and for invalid attributes."""
    variants = [variant.as_new() for variant in draft.variants]
    check_offers(variants)
    check_attributes(values.get("attributes", {}), types)
    values = {"status": Status.ACTIVE.value, **values}
    new = NewProduct(title=values.pop("title"), variants=variants, handle=draft.handle, values=values)
    return Plan(draft, new=new, claims={variant.sku: variant.line for variant in draft.variants})


def plan_merge(draft: Draft, known: Known, values: dict[str, Any], references: References) -> Plan:
    """Raises BadCell; 400 for attributes that do not fit, checked if they or the category change."""
    merge = Merge(known.product, known.variants, draft, known.product.status)
    before = known.product.category_id, known.product.attributes
    merge.merge(values)
    if before != (known.product.category_id, known.product.attributes):
        category = known.product.category
        types = references.types_of(category) if "category" in values else types_of(category)
        check_attributes(known.product.attributes, types)
    return Plan(draft, merge=merge, claims=merge.claims)


def without_taken(seller: Seller, results: list[Plan | Refusal]) -> list[Plan | Refusal]:
    """Replaces by SkuTaken each plan that takes an SKU of another variant of the shop, or of an earlier plan."""
    claimed = [sku for result in results if isinstance(result, Plan) for sku in result.claims]
    taken = set(Variant.objects.live().filter(seller=seller, sku__in=claimed).values_list("sku", flat=True))
    return [claimed_by(result, taken) if isinstance(result, Plan) else result for result in results]


def claimed_by(one: Plan, taken: set[str]) -> Plan | SkuTaken:
    """Returns the plan and adds its SKUs to `taken`, or returns the refusal."""
    clashing = next((sku for sku in one.claims if sku in taken), None)
    if clashing is not None:
        return SkuTaken(clashing)
    taken.update(one.claims)
    return one


def save_merges(seller: Seller, merges: Sequence[Merge], actor: str) -> None:
    """Needs the merges' rows locked."""
    name_author(actor)
    counts = {level: delta for merge in merges for level, delta in merge.counts.items() if delta}
    adjust_levels(deltas=counts, reason="import", actor=actor)
    save_products([merge for merge in merges if merge.is_edited])
    save_variants([variant for merge in merges for variant in merge.saved.values()])
    added = [(merge.product, merge.added) for merge in merges if merge.added]
    if added:
        add_variants(batches=added, actor=actor)
    save_further(merges)
    refresh_products([merge.product for merge in merges if merge.prices or merge.further])
    announce_status(seller, merges)
    announce_prices(changed for merge in merges for changed in merge.prices)


def save_further(merges: Sequence[Merge]) -> None:
    edits = PriceEdits(
        saved=[row for merge in merges for row in merge.further.saved],
        ended=[row for merge in merges for row in merge.further.ended],
    )
    if edits:
        edits.save()


def save_products(merges: Sequence[Merge]) -> None:
    products = [merge.product for merge in merges]
    for merge in merges:
        merge.product.status = merge.status
        merge.product.version += 1
    Product.objects.bulk_create(
        products, update_conflicts=True, unique_fields=["id"], update_fields=PRODUCT_COLUMNS
    )


def save_variants(variants: Sequence[Variant]) -> None:
    Variant.objects.bulk_create(
        variants, update_conflicts=True, unique_fields=["id"], update_fields=VARIANT_COLUMNS
    )


def announce_status(seller: Seller, merges: Sequence[Merge]) -> None:
    """Announces products that were published, and counts those that are no longer active."""
    shown = [merge.product for merge in merges if merge.status == Status.ACTIVE and not merge.was_active]
    hidden = [merge.product for merge in merges if merge.status != Status.ACTIVE and merge.was_active]
    if hidden:
        change_product_count(seller_id=seller.pk, by=-len(hidden))
    announce_published(shown)
