"""A product's slug, and its past slugs, which keep leading to it."""

from django.db import transaction

from accounts.slugs import claim
from catalog.errors import SlugTaken
from catalog.models import Product, ProductSlug
from config.shared.actor import Actor


@transaction.atomic
def change_slug(*, product: Product, slug: str) -> None:
    """Also sets it on the object; the caller counts the edit. Needs the product locked. Raises SlugTaken."""
    if slug == product.slug:
        return
    is_free = claim(product, slug)
    was_mine = ProductSlug.objects.filter(product=product, slug=slug).delete()[0]
    if not is_free and not was_mine:
        raise SlugTaken
    ProductSlug.objects.create(product=product, slug=product.slug)
    product.slug = slug
    product.save(update_fields=["slug"])


def present_slug(*, actor: Actor, past: str) -> str | None:
    """The present slug of the product that had `past` before, if the actor may see it."""
    products = Product.objects.visible_to(actor).filter(past_slugs__slug=past)
    return products.values_list("slug", flat=True).first()
