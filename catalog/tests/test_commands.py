"""`warm_cache` and `reindex_search`."""

from io import StringIO

import pytest
from django.core.management import call_command

from catalog import cache
from catalog.models import SearchEntry, SearchWord
from catalog.tests.answers import titles
from catalog.tests.browser import HOST, Browser
from catalog.tests.factories import BrandFactory, CategoryFactory, offer

LIST = "/api/v1/products"
pytestmark = pytest.mark.django_db(transaction=True)  # one builds an index, the other needs commits


def test_a_warmed_cache_answers_the_first_visitor(settings):
    settings.ALLOWED_HOSTS = [".example.com", HOST]
    cache.clear()
    sold, other = (
        offer("Kettle", units_sold=9, category=CategoryFactory(), brand=BrandFactory()),
        offer("Lamp"),
    )
    said = StringIO()
    call_command("warm_cache", products=1, stdout=said, stderr=StringIO())
    assert said.getvalue() == "computed: 10\nwere there: 0\n"

    browser = Browser()
    paths = [
        LIST,
        f"{LIST}?sort=-price",
        f"{LIST}?category={sold.category.slug}",
        f"{LIST}/{sold.pk}",
        f"{LIST}/{other.pk}",
    ]
    assert [browser.get(path).found for path in paths] == ["hit"] * 4 + ["miss"]


def test_reindexing_restores_what_search_reads(api):
    offer("Kettle")
    offer("Lamp")
    SearchEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    assert titles(api.get(LIST, {"q": "kettle"})) == []
    shown = StringIO()
    call_command("reindex_search", stderr=shown)
    assert "2 of 2 products indexed" in shown.getvalue()
    assert titles(api.get(LIST, {"q": "ketle"})) == ["Kettle"]
    assert set(SearchWord.objects.values_list("word", "products")) == {("kettle", 1), ("lamp", 1)}
