from django.db import transaction
from django.db.models import F

from catalog.models import Brand, Product


@transaction.atomic
def change_product_rating(*, product_id: int, points: int, reviews: int) -> None:
    """Adds `points` and `reviews` to a product's rating; negative values subtract."""
    Product.objects.filter(pk=product_id).update(
        rating_sum=F("rating_sum") + points, rating_count=F("rating_count") + reviews
    )


@transaction.atomic
def change_brand_followers(*, brand_id: int, by: int) -> None:
    Brand.objects.filter(pk=brand_id).update(followers_count=F("followers_count") + by)
