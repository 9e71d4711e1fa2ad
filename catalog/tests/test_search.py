"""Search over HTTP: what is found, in which order, how it forgives, and how it is cut into pages."""

from dataclasses import replace
from math import inf

import pytest
from django.test import override_settings

from accounts.tests.factories import SellerFactory
from catalog.models import Product, SearchEntry, SearchWord, Variant
from catalog.search import ranking, upkeep
from catalog.search.asked import understand
from catalog.services.taxonomy import change_category
from catalog.tests.answers import titles
from catalog.tests.factories import BrandFactory, CategoryFactory, VariantFactory, offer

pytestmark = pytest.mark.django_db
LIST = "/api/v1/products"


@pytest.fixture
def found(api):
    return lambda query: titles(api.get(LIST, query if isinstance(query, dict) else {"q": query}))


@pytest.fixture
def shelf():
    """Products that say "kettle" in every place, best place first."""
    offer("Boiler", description="Not a kettle.")
    offer("Pot", attributes={"kind": "kettle"})
    offer("Jug", brand=BrandFactory(name="Kettle & Sons"))
    offer("Kettle")
    offer("Lamp")


def test_where_a_word_stands_decides(shelf, found):
    assert found("kettle") == ["Kettle", "Jug", "Pot", "Boiler"]
    assert found("KETTLES") == ["Kettle", "Jug", "Pot", "Boiler"]


def test_words_phrases_exclusions_and_either(found):
    offer("Red steel kettle")
    offer("Steel red pan")
    offer("Crème brûlée dish")
    assert sorted(found("red steel")) == ["Red steel kettle", "Steel red pan"]
    assert found('"red steel"') == ["Red steel kettle"]
    assert found("steel -kettle") == ["Steel red pan"]
    assert sorted(found("kettle or dish")) == ["Crème brûlée dish", "Red steel kettle"]
    assert found("creme BRULEE") == ["Crème brûlée dish"]
    assert found("the") == []


def test_the_last_word_may_be_unfinished(found):
    offer("Steel kettle")
    offer("Steel kettlebell")
    offer("Steel ketchup tin")
    assert sorted(found("steel kett")) == ["Steel kettle", "Steel kettlebell"]
    assert found("kettle") == ["Steel kettle", "Steel kettlebell"]  # the whole word first


def test_an_exact_sku_or_barcode_comes_first(found):
    first, other = offer("Kettle A1"), offer("Kettle for A1 users, A1 A1")
    Variant.objects.filter(product=first).update(sku="A1", barcode="4006381333931")
    assert found("a1")[0] == "Kettle A1"
    assert found("4006381333931") == ["Kettle A1"]
    Variant.objects.filter(product=other).update(sku="MUG-R")
    assert found("mug-r") == ["Kettle for A1 users, A1 A1"]


def test_misspelt_words_are_corrected_and_it_says_so(api):
    offer("Steel kettle")
    body = api.get(LIST, {"q": 'ketle "steel" stele'}).json()
    assert (titles_of(body), body["corrected_query"]) == (["Steel kettle"], 'kettle "steel" steel')
    assert api.get(LIST, {"q": "steel kettle"}).json()["corrected_query"] is None
    assert api.get(LIST, {"q": "xk9 -ketle"}).json()["corrected_query"] is None


def test_a_word_that_only_a_description_says_is_no_mistake(api):
    offer("Steel kettle", description="It whistles.")
    offer("Thistle")
    body = api.get(LIST, {"q": "whistle"}).json()
    assert (titles_of(body), body["corrected_query"]) == (["Steel kettle"], None)


def test_nothing_found_offers_the_nearest(api):
    offer("Steel kettle")
    offer("Lamp")
    body = api.get(LIST, {"q": "kettle xyzzy"}).json()
    assert (titles_of(body), body["nearest"]) == (["Steel kettle"], True)
    body = api.get(LIST, {"q": "qqqq"}).json()
    assert (titles_of(body), body["nearest"], body["capped"]) == ([], False, False)


def titles_of(body):
    return [row["title"] for row in body["results"]]


def test_business_order_decides_between_equals(found):
    unknown, popular = offer("Steel kettle"), offer("Steel kettle")
    Product.objects.filter(pk=unknown.pk).update(title="Steel kettle")
    Product.objects.filter(pk=popular.pk).update(units_sold=500, rating_sum=500, rating_count=100)
    Product.objects.filter(pk=unknown.pk).update(slug="unknown")
    upkeep.rank()
    entry = SearchEntry.objects.get(product=popular)
    assert (entry.tier, entry.points) == (0, 1000 - 20)
    assert SearchEntry.objects.get(product=unknown).points == 200


def test_relevance_ends_after_its_candidates(api, monkeypatch):
    monkeypatch.setattr(ranking, "CANDIDATES", 3)
    monkeypatch.setitem(ranking.ranked.__kwdefaults__, "candidates", 3)
    for number in range(5):
        offer(f"Kettle {number}")
    body = api.get(LIST, {"q": "kettle"}).json()
    assert (len(body["results"]), body["capped"], body["next"]) == (3, True, None)
    monkeypatch.setitem(ranking.ranked.__kwdefaults__, "candidates", 5)
    body = api.get(LIST, {"q": "kettle"}).json()
    assert (len(body["results"]), body["capped"]) == (5, False)


@pytest.mark.parametrize(
    ("at_most", "looks"), [(8, "few"), (1, "turned out to be many"), (0, "expected to be many")]
)
def test_the_best_are_candidates_however_they_are_found(monkeypatch, at_most, looks):
    products = [offer(f"Kettle {number}") for number in range(6)]
    for tier, product in zip((9, 2, 14, 0, 2, 5), products, strict=True):
        SearchEntry.objects.filter(product=product).update(tier=tier, points=10)
    asked = understand("kettle")
    expected = {"few": 6.0, "turned out to be many": 1.0, "expected to be many": inf}[looks]
    monkeypatch.setattr(ranking, "AT_MOST", at_most)
    best = ranking.ranked(replace(asked, expected=expected), limit=10, candidates=3)
    assert {key for key, _ in best.rows} == {products[3].pk, products[1].pk, products[4].pk}
    assert best.is_capped


def test_an_ending_with_the_stem_of_the_word_is_the_word():
    offer("Kettle")
    offer("Kettles")
    assert understand("kettle").strict == understand("kettle").whole
    assert "kettle" in understand("kett").strict.values[-1]
    assert understand("kettle Kettle").expected == understand("kettle").expected


def test_pages_by_relevance_neither_repeat_nor_skip_nor_show_the_new(api):
    for number in range(7):
        offer("Kettle" if number % 2 else f"Kettle stand {number}")
    pages, path = [], f"{LIST}?q=kettle&limit=3"
    while path:
        page = api.get(path).json()
        pages.append([row["id"] for row in page["results"]])
        offer("Kettle")  # a newcomer ties with the best
        last, path = page, page["next"]
    seen = [key for page in pages for key in page]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len(set(seen)) == 7
    assert [row["id"] for row in api.get(last["previous"]).json()["results"]] == pages[1]
    assert api.get(api.get(last["previous"]).json()["previous"]).json()["previous"] is None
    reverse = api.get(f"{LIST}?q=kettle&sort=-relevance&limit=100").json()["results"]
    assert [row["id"] for row in api.get(f"{LIST}?q=kettle&limit=100").json()["results"]] == [
        row["id"] for row in reverse
    ][::-1]


def test_what_search_refuses(api):
    offer("Kettle")
    offer("Kettle")
    cursor = api.get(f"{LIST}?q=kettle&limit=1").json()["next"].split("cursor=")[1]
    for query in (
        "sort=relevance", f"q=kettle&cursor={cursor[:-4]}AAAA", f"q=kettle&sort=price&cursor={cursor}", f"cursor={cursor}",
        "facets=colour", "facets=attr.", "q=%00", "q=" + "x" * 600, "facets=" + ",".join(f"attr.{n}" for n in range(11)),
    ):  # fmt: skip
        answer = api.get(f"{LIST}?{query}")
        assert answer.status_code == 400, query
        assert answer.json()["errors"][0]["pointer"].strip("/") in {"sort", "cursor", "facets", "q"}
    for hostile in (
        "'",
        '"',
        "((",
        "a & | !",
        ":*",
        "\\",
        "%",
        "😀",
        "or",
        "-",
        '-"',
        "OR OR",
        "a:b<->c",
        "_____",
    ):
        assert api.get(LIST, {"q": hostile}).status_code == 200, hostile
        assert api.get("/api/v1/search/suggest", {"q": hostile}).status_code == 200, hostile


def test_filters_and_other_sorts_hold_with_words(found):
    offer("Steel kettle", price_amount=900)
    offer("Copper kettle", price_amount=500)
    offer("Tin kettle", price_amount=700, stock=0)
    assert found({"q": "kettle", "sort": "price"}) == ["Copper kettle", "Tin kettle", "Steel kettle"]
    assert found({"q": "kettle", "price_min": "600", "in_stock": "true"}) == ["Steel kettle"]


def test_only_what_is_public_is_found(found, shop, seller):
    offer("Draft kettle", status="draft", seller=seller)
    offer("Closed kettle", seller=SellerFactory(status="suspended"))
    assert found("kettle") == []
    assert titles(shop.get("/api/v1/products/my?q=kettle")) == ["Draft kettle"]


def test_the_database_keeps_entries_current(found):
    category, brand = CategoryFactory(name="Kitchen"), BrandFactory(name="Acme")
    product = offer("Pot", category=category, brand=brand)
    assert found("acme kitchen") == ["Pot"]

    type(brand).objects.filter(pk=brand.pk).update(name="Zenith")
    change_category(category=category, changes={"name": "Pantry"})
    Product.objects.filter(pk=product.pk).update(tags=["giftable"], attributes={"colour": "teal"})
    VariantFactory(product=product, sku="ZZZ-9")
    for word in ("zenith", "pantry", "giftable", "teal", "zzz-9"):
        assert found(word) == ["Pot"], word
    assert found('"acme"') == found('"kitchen"') == []

    above = CategoryFactory(name="Household")
    change_category(category=category, changes={"parent": above})
    assert found("household") == ["Pot"]
    product.variants.filter(sku="ZZZ-9").update(is_archived=True, is_available=False)
    assert found('"zzz-9"') == []


def test_the_vocabulary_forgets_what_no_product_says(api):
    product = offer("Kettle")
    offer("Kettle")
    Product.objects.filter(pk=product.pk).update(title="Samovar")
    SearchWord.objects.create(word="samovar")  # two transactions may both have learnt it
    upkeep.count_words()
    assert sorted(SearchWord.objects.values_list("word", "products")) == [("kettle", 1), ("samovar", 1)]


def test_statements_are_at_most_four(api, django_assert_num_queries):
    for number in range(4):
        offer(f"Steel kettle {number}", brand=BrandFactory())
    facets = "facets=category,brand,seller,price,rating,attr.colour"
    for query, statements, rows in (
        (f"q=stel kettle&{facets}", 4, 4),
        (facets, 3, 4),
        ("q=kettle&sort=price&limit=3", 3, 3),  # a full page of one currency
        ("q=kettle&sort=price", 4, 4),  # one that looks for more among the others
    ):
        with django_assert_num_queries(statements):
            assert len(api.get(f"{LIST}?{query}").json()["results"]) == rows
    with django_assert_num_queries(4):
        assert api.get("/api/v1/search/suggest?q=stel ket").json()["corrected_query"] == "steel ket"


def test_another_language(found):
    with override_settings(SEARCH_LANGUAGE="german"):
        upkeep.set_language()
        offer("Kleine Häuser")
        assert found("haus") == ["Kleine Häuser"]
