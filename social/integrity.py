"""Checks that counts and ratings in lower apps match the rows here (`manage.py verify`)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Seller
from catalog.models import Brand, Product
from social.models import Follow, Review, ReviewVote


def verify() -> Iterator[dict[str, Any]]:
    for model, follows in ((Seller, "seller"), (Brand, "brand")):
        yield from wrong(model, "followers_count", of(Follow, follows, Count("pk")))
    for model, reviews in ((Product, "product"), (Seller, "product__seller")):
        yield from wrong(model, "rating_count", of(Review, reviews, Count("pk"), status="published"))
        yield from wrong(model, "rating_sum", of(Review, reviews, Sum("rating"), status="published"))
    yield from wrong(Review, "helpful_count", of(ReviewVote, "review", Count("pk")))


def of(model: Any, path: str, total: Any, **only: Any) -> Coalesce:
    found: QuerySet = model.objects.filter(**{path: OuterRef("pk")}, **only).order_by().values(path)
    return Coalesce(Subquery(found.annotate(total=total).values("total")), 0)


def wrong(model: Any, column: str, truth: Coalesce) -> Iterator[dict[str, Any]]:
    name = model._meta.model_name
    for row in model.objects.annotate(truth=truth).exclude(truth=F(column)):
        detail = f"{column} is {getattr(row, column)}, should be {row.truth}."
        yield {"kind": f"{name}_{column}", "detail": detail, name: row.pk}
