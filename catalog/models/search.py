from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from accounts.models import Seller
from catalog.models.products import Product


class SearchEntry(models.Model):
    """The search index row of a product. `search.upkeep` writes `tier` and `points`; triggers write the rest.

    `tier` is the product's place in the business order on a doubling scale (0: the first thousand, 1: the next, 2: the
    two thousand after that, …), so the best matches are found without reading all of them. `points` (0 to 1000) is the
    business order's share of the score. `words` are those of title, brand, category, attributes and tags, as written
    except for accents and case.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="search_entry")
    vector = SearchVectorField()
    words = ArrayField(models.TextField())
    seller = models.ForeignKey(
        Seller, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )  # copied from the product, like `is_active`: a search need not read products that it excludes
    is_active = models.BooleanField()
    tier = models.SmallIntegerField(default=0)
    points = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [GinIndex(fields=["tier", "vector"], name="search_entry", gin_pending_list_limit=512)]

    def __str__(self) -> str:
        return f"search entry of {self.product_id}"


class SearchWord(models.Model):
    """The vocabulary that misspelt words are corrected against.

    Not unique: two products that add the same new word at once must not wait for each other. `search.upkeep` recounts,
    merges duplicates and deletes words that no product contains any more.
    """

    word = models.TextField()
    products = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["word"], name="search_word", opclasses=["text_pattern_ops"]),
            GinIndex(fields=["word"], name="search_word_trigrams", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word


class SearchPhrase(models.Model):
    """A query that found something. It contains only vocabulary words, so it does not reveal who typed it."""

    phrase = models.TextField(primary_key=True)
    searches = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.phrase


class CacheTouch(models.Model):
    """A cache tag that a transaction touched; deleted once the cache is certain to know (see `catalog.cache`)."""

    transaction = models.BigIntegerField()
    tag = models.TextField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "cache touches"
        constraints = [models.UniqueConstraint(fields=["transaction", "tag"], name="cache_touch")]

    def __str__(self) -> str:
        return f"{self.tag} by {self.transaction}"
