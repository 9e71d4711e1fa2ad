"""Facets beside a list, and suggestions while a word is typed."""

import pytest

from catalog.models import SearchPhrase
from catalog.search import facets, phrases
from catalog.services import change_product_rating
from catalog.tests.factories import BrandFactory, CategoryFactory, offer

pytestmark = pytest.mark.django_db
LIST = "/api/v1/products"


@pytest.fixture
def shop_window():
    home = CategoryFactory(name="Home", slug="home")
    kitchen = CategoryFactory(name="Kitchen", slug="kitchen", parent=home)
    acme, zenith = BrandFactory(name="Acme", slug="acme"), BrandFactory(name="Zenith", slug="zenith")
    offer(
        "Kettle", category=kitchen, brand=acme, price_amount=1999, attributes={"colour": "red", "litres": 2}
    )
    offer("Pot", category=kitchen, brand=zenith, price_amount=700, attributes={"colour": "blue"})
    lamp = offer("Lamp", category=home, brand=acme, price_amount=600_000, attributes={"colour": "red"})
    offer("Euro lamp", price_amount=100, currency="EUR")
    change_product_rating(product_id=lamp.pk, points=9, reviews=2)


def counted(api, query, name):
    facet = api.get(f"{LIST}?{query}").json()["facets"][name]
    assert facet["capped"] is False
    return {
        value.get("slug") or value.get("value") or value["min"]: value["count"] for value in facet["values"]
    }


def test_counts(api, shop_window):
    assert counted(api, "facets=category", "category") == {"home": 3, "kitchen": 2}
    assert counted(api, "facets=brand", "brand") == {"acme": 2, "zenith": 1}
    assert counted(api, "facets=price", "price") == {500: 1, 1000: 1, 500_000: 1}
    assert counted(api, "facets=price&currency=EUR", "price") == {0: 1}
    assert counted(api, "facets=rating", "rating") == {4: 1, 3: 1, 2: 1, 1: 1}
    assert counted(api, "facets=attr.colour", "attr.colour") == {"red": 2, "blue": 1}
    assert counted(api, "facets=attr.litres", "attr.litres") == {"2": 1}
    assert sum(counted(api, "facets=seller", "seller").values()) == 4
    price = api.get(f"{LIST}?facets=price").json()["facets"]["price"]["values"]
    assert price[0] == {"min": 500, "max": 999, "count": 1}
    assert price[-1] == {"min": 500_000, "max": None, "count": 1}


def test_a_facet_ignores_its_own_filter_and_obeys_the_others(api, shop_window):
    chosen = "facets=brand,category,price,attr.colour&brand=acme&price_max=5000"
    assert counted(api, chosen, "brand") == {"acme": 1, "zenith": 1}
    assert counted(api, chosen, "category") == {"home": 1, "kitchen": 1}
    assert counted(api, chosen, "price") == {1000: 1, 500_000: 1}
    assert counted(api, "facets=attr.colour&attr.colour=blue&brand=acme", "attr.colour") == {"red": 2}
    assert counted(api, "q=lamp&facets=brand", "brand") == {"acme": 1}
    assert counted(api, "q=lamp&facets=brand&brand=zenith", "brand") == {"acme": 1}
    assert counted(api, "facets=brand&category=nothing", "brand") == {}


def test_a_capped_count_says_so(api, shop_window, monkeypatch):
    monkeypatch.setattr(facets, "CAP", 2)
    answer = api.get(f"{LIST}?facets=brand").json()["facets"]["brand"]
    assert answer["capped"] is True
    assert sum(value["count"] for value in answer["values"]) <= 3


def test_suggestions(api, shop_window):
    body = api.get("/api/v1/search/suggest?q=ket").json()
    assert [row["title"] for row in body["products"]] == ["Kettle"]
    assert (body["categories"], body["brands"], body["phrases"]) == ([], [], [])
    assert [row["slug"] for row in api.get("/api/v1/search/suggest?q=kit").json()["categories"]] == [
        "kitchen"
    ]
    assert [row["slug"] for row in api.get("/api/v1/search/suggest?q=zenit").json()["brands"]] == ["zenith"]
    typo = api.get("/api/v1/search/suggest?q=ketlte").json()
    assert (typo["corrected_query"], typo["products"][0]["title"]) == ("kettle", "Kettle")
    assert api.get("/api/v1/search/suggest").status_code == 400
    assert api.get("/api/v1/search/suggest?q=" + "x" * 101).status_code == 400


def test_phrases_that_others_searched_for_are_offered(api, shop_window):
    phrases.collect()
    SearchPhrase.objects.all().delete()  # what other tests searched for
    for _ in range(phrases_needed := 3):
        api.get(f"{LIST}?q=Ketle")
        api.get(f"{LIST}?q=kettle ada@example.com")  # found nothing, and is nobody's business
        api.get(f'{LIST}?q="kettle"')
    phrases.collect()
    assert list(SearchPhrase.objects.values_list("phrase", "searches")) == [("kettle", phrases_needed)]
    assert api.get("/api/v1/search/suggest?q=ket").json()["phrases"] == ["kettle"]
    assert phrases.fade() == 0
    assert SearchPhrase.objects.get().searches == 2
