"""A draft saved as a product: made, brought up to date, or found to be unchanged."""

from typing import Any

from accounts.models import Seller
from catalog.models import Product, Variant
from catalog.services.products import (
    add_variants,
    count_edit,
    create_product,
    lock_product,
    set_product_status,
    update_product,
    update_variant,
)
from catalog.services.stock import adjust_stock, lock_levels
from catalog.services.taxonomy import brand_named, category_at
from catalog.transfer.cells import BadCell
from catalog.transfer.drafts import Draft, DraftVariant

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


def save_draft(*, seller: Seller, draft: Draft, actor: str) -> str:
    """Needs a transaction. Raises refusals of the services, and BadCell."""
    values = with_references(draft.values)
    found = Product.objects.filter(seller=seller, handle=draft.handle).values_list("pk", flat=True).first()
    if found is None:
        create(seller, draft, values, actor)
        return CREATED
    lock_levels(product_id=found)
    product = lock_product(product_id=found)
    changes = [change_product(product, values), *change_variants(product, draft, actor)]
    return UPDATED if any(changes) else UNCHANGED


def with_references(values: dict[str, Any]) -> dict[str, Any]:
    """The names of category and brand as rows, made where they are missing."""
    values = dict(values)
    if "category" in values:
        values["category"] = category_at(path=values["category"])
    if "brand" in values:
        values["brand"] = brand_named(name=values["brand"]) if values["brand"] else None
    return values


def create(seller: Seller, draft: Draft, values: dict[str, Any], actor: str) -> None:
    values.setdefault("status", Product.Status.ACTIVE)
    variants = [variant.as_new() for variant in draft.variants]
    product = create_product(seller=seller, variants=variants, actor=actor, handle=draft.handle, **values)
    for variant in draft.variants:
        product.variants.filter(sku=variant.sku).update(file_stock=variant.stock)


def change_product(product: Product, values: dict[str, Any]) -> bool:
    status = values.pop("status", product.status)
    changes = {name: value for name, value in values.items() if getattr(product, name) != value}
    if changes:
        update_product(product=product, changes=changes)
    if status != product.status:
        set_product_status(product=product, status=status)
        return True
    return bool(changes)


def change_variants(product: Product, draft: Draft, actor: str) -> list[bool]:
    return [change_or_add(product, variant, actor) for variant in draft.variants]


def change_or_add(product: Product, draft: DraftVariant, actor: str) -> bool:
    variant = find(product, draft)
    if variant is None:
        check_options(product, draft)
        add_variants(product=product, variants=[draft.as_new()], actor=actor)
        product.variants.live().filter(sku=draft.sku).update(file_stock=draft.stock)
        count_edit(product)
        return True
    variant.product = product
    wanted = {"options": draft.options, **draft.offer, **({"sku": draft.sku} if draft.has_sku else {})}
    changes = {name: value for name, value in wanted.items() if getattr(variant, name) != value}
    if changes:
        update_variant(variant=variant, changes=changes)
        count_edit(product)
    return count_stock(variant, draft, actor) or bool(changes)


def find(product: Product, draft: DraftVariant) -> Variant | None:
    """By SKU, else by options: a blank SKU finds its variant though rows came before it, a new one renames it."""
    live = product.variants.live()
    return live.filter(sku=draft.sku).first() or live.filter(options=draft.options).first()


def check_options(product: Product, draft: DraftVariant) -> None:
    if set(draft.options) != set(product.option_names):
        raise BadCell("option1_name", "options_differ", "All variants of a product have the same options.")


def count_stock(variant: Variant, draft: DraftVariant, actor: str) -> bool:
    """A number other than the file's last one is a new count; the same one says nothing of what was sold since."""
    if draft.stock is None or draft.stock == variant.file_stock:
        return False
    Variant.objects.filter(pk=variant.pk).update(file_stock=draft.stock)
    delta = draft.stock - sum(level.on_hand for level in variant.levels.all())
    if delta:
        adjust_stock(variant=variant, location=None, delta=delta, reason="import", actor=actor)
    return bool(delta)
