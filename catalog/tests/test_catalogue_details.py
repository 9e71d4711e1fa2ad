"""Attribute types, slugs that were, products beside others, measures."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.tests.factories import AdminFactory
from catalog.models import AttributeType, Category, Product, StockMovement
from catalog.tests.factories import CategoryFactory, ProductFactory, VariantFactory, offer
from catalog.tests.files import run

pytestmark = pytest.mark.django_db
PRICE = {"amount": 900, "currency": "USD"}


@pytest.fixture
def shelf():
    """A category under another, each with attribute types."""
    root = CategoryFactory(slug="home")
    leaf = CategoryFactory(parent=root, slug="lamps")
    AttributeType.objects.create(category=root, name="colour", kind="choice", choices=["red", "blue"])
    AttributeType.objects.create(category=root, name="power", kind="text")
    AttributeType.objects.create(category=leaf, name="power", kind="unit", unit="W", is_required=True)
    AttributeType.objects.create(category=leaf, name="dimmable", kind="boolean")
    return leaf


@pytest.mark.parametrize(
    ("attributes", "pointer", "code"),
    [
        ({"power": 5, "colour": "green"}, "/attributes/colour", "invalid_choice"),
        ({"power": "5"}, "/attributes/power", "wrong_type"),
        ({"power": True}, "/attributes/power", "wrong_type"),
        ({"power": 5, "dimmable": "yes"}, "/attributes/dimmable", "wrong_type"),
        ({}, "/attributes/power", "required"),
    ],
)
def test_attributes_are_held_against_their_types(shop, shelf, attributes, pointer, code):
    body = {"title": "Lamp", "sku": "L", "price": PRICE, "category": "lamps", "attributes": attributes}
    answer = shop.post("/api/v1/products", body)
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert not Product.objects.exists()


def test_what_no_type_names_is_free_text(shop, shelf):
    attributes = {"power": 5.5, "colour": "red", "dimmable": False, "note": "hand made"}
    body = {"title": "Lamp", "sku": "L", "price": PRICE, "category": "lamps", "attributes": attributes}
    product = shop.post("/api/v1/products", body).json()
    assert product["attributes"] == attributes
    path = f"/api/v1/products/{product['id']}"
    assert shop.patch(path, {"attributes": {"power": "much"}}).status_code == 400
    assert shop.patch(path, {"category": None, "attributes": {"power": "much"}}).status_code == 200
    assert shop.patch(path, {"category": "lamps"}).status_code == 400
    assert shop.patch(path, {"title": "A lamp"}).status_code == 200


def test_types_are_inherited_and_an_import_obeys_them(api, seller, shelf):
    rows = api.get("/api/v1/categories/lamps/attributes").json()["results"]
    assert [(row["name"], row["kind"], row["required"]) for row in rows] == [
        ("colour", "choice", False), ("power", "unit", True), ("dimmable", "boolean", False),
    ]  # fmt: skip
    names = f"{Category.objects.get_parent(shelf).name} > {shelf.name}"
    text = "handle,title,price,sku,category,attributes\n"
    text += f'a,A,1,a,{names},"{{""power"": 5}}"\nb,B,1,b,{names},"{{""power"": ""x""}}"\nc,C,1,c,{names},\n'
    job = run(seller, text)
    assert (job.created_count, [(error["line"], error["column"], error["code"]) for error in job.errors]) == (
        1,
        [(3, "power", "wrong_type"), (4, "power", "required")],
    )


def test_types_are_kept_by_administrators(as_user, shelf):
    admin = as_user(AdminFactory())
    path = "/api/v1/admin/categories/lamps/attributes"
    made = admin.post(path, {"name": "Socket", "kind": "choice", "choices": ["E14", "E27"]})
    assert (made.status_code, made.json()["choices"]) == (201, ["E14", "E27"])
    assert admin.post(path, {"name": "socket", "kind": "text"}).json()["code"] == "attribute_exists"
    assert admin.post(path, {"name": "Height", "kind": "unit"}).status_code == 400
    assert admin.patch(f"{path}/{made.json()['id']}", {"kind": "text"}).status_code == 400
    assert admin.patch(f"{path}/{made.json()['id']}", {"kind": "text", "choices": []}).status_code == 200
    assert admin.delete(f"{path}/{made.json()['id']}").status_code == 204


def test_older_products_are_named_that_do_not_fit_a_new_type(shop, as_user, shelf, capsys):
    """A new definition refuses nothing that is there: it holds from the next edit on, and a command lists what is wrong."""
    body = {
        "title": "Lamp",
        "sku": "L",
        "price": PRICE,
        "category": "lamps",
        "attributes": {"power": 5, "socket": 3},
    }
    path = f"/api/v1/products/{shop.post('/api/v1/products', body).json()['id']}"
    call_command("check_attributes", category="lamps")
    admin = as_user(AdminFactory())
    new = {"name": "socket", "kind": "choice", "choices": ["E14", "E27"]}
    assert admin.post("/api/v1/admin/categories/lamps/attributes", new).status_code == 201
    assert shop.patch(path, {"title": "A lamp"}).status_code == 200
    with pytest.raises(SystemExit):
        call_command("check_attributes")
    assert "/attributes/socket: Must be one of E14, E27." in capsys.readouterr().out
    refused = shop.patch(path, {"attributes": {"power": 6, "socket": 3}}).json()
    assert refused["errors"][0]["pointer"] == "/attributes/socket"
    assert shop.patch(path, {"attributes": {"power": 6, "socket": "E14"}}).status_code == 200
    call_command("check_attributes", category="lamps")
    with pytest.raises(CommandError):
        call_command("check_attributes", category="none")


def test_an_old_slug_leads_to_the_product_and_is_nobody_elses(api, shop, seller):
    kettle, other = offer("Kettle", seller=seller, slug="kettle"), offer("Other", seller=seller, slug="other")
    assert shop.patch("/api/v1/products/kettle", {"slug": "steel-kettle"}).json()["slug"] == "steel-kettle"
    assert shop.patch("/api/v1/products/steel-kettle", {"slug": "boiler"}).json()["slug"] == "boiler"

    for old in ("kettle", "steel-kettle"):
        answer = api.get(f"/api/v1/products/{old}")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/products/boiler")
    rests = ["variants?limit=1", f"variants/{kettle.variants.get().pk}", "images", "related", "reviews"]
    for rest in (*rests, "also-bought", "questions"):
        answer = api.get(f"/api/v1/products/kettle/{rest}")
        assert (answer.status_code, answer.headers.get("Location")) == (
            301,
            f"/api/v1/products/boiler/{rest}",
        )
    assert shop.post("/api/v1/products/kettle/variants", {"sku": "N", "price": PRICE}).status_code == 404
    assert api.get("/api/v1/products/boiler/variants/999999").status_code == 404
    taken = shop.patch(f"/api/v1/products/{other.pk}", {"slug": "kettle"})
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    assert shop.patch(f"/api/v1/products/{other.pk}", {"slug": "boiler"}).status_code == 409
    assert shop.patch(f"/api/v1/products/{other.pk}", {"slug": "my"}).status_code == 400
    made = shop.post("/api/v1/products", {"title": "Kettle", "sku": "K", "price": PRICE}).json()
    assert made["slug"] == "kettle-2"
    assert shop.patch(f"/api/v1/products/{kettle.pk}", {"slug": "kettle"}).json()["slug"] == "kettle"
    assert api.get("/api/v1/products/boiler").headers["Location"] == "/api/v1/products/kettle"

    shop.post("/api/v1/products/kettle/unpublish")
    assert api.get("/api/v1/products/boiler").status_code == 404
    assert api.get("/api/v1/products/never").status_code == 404


def test_products_beside_another(api, shop, seller, django_assert_num_queries):
    shelf = CategoryFactory()
    kettle, mug = (offer(title, seller=seller, category=shelf) for title in ("Kettle", "Mug"))
    pot = offer("Pot", seller=seller)
    draft = offer("Draft", seller=seller, status="draft")
    path = f"/api/v1/products/{kettle.slug}/related"
    assert [row["title"] for row in api.get(path).json()["results"]] == ["Mug"]

    ids = [str(row.pk) for row in (draft, pot, mug)]
    assert shop.post(path, {"products": ids}).status_code == 200
    assert [row["title"] for row in api.get(path).json()["results"]] == ["Pot", "Mug"]

    stranger = offer("Stranger")
    for wrong in (str(kettle.pk), str(stranger.pk), "pot"):
        assert shop.post(path, {"products": [wrong]}).status_code == 400
    assert shop.post(path, {"products": [ids[1], ids[1]]}).status_code == 400
    assert kettle.related.count() == 3


def test_measures_and_texts_for_search_engines(shop):
    body = {
        "title": "Box", "sku": "B", "price": PRICE, "length_mm": 300, "width_mm": 200, "height_mm": 100,
        "seo_title": "A box", "seo_description": "The best",
    }  # fmt: skip
    product = shop.post("/api/v1/products", body).json()
    assert (product["seo_title"], product["seo_description"]) == ("A box", "The best")
    assert [product["variants"][0][name] for name in ("length_mm", "width_mm", "height_mm")] == [
        300,
        200,
        100,
    ]


def test_movements_are_only_ever_added():
    VariantFactory(product=ProductFactory())
    for act in (lambda rows: rows.update(reason="x"), lambda rows: rows._raw_delete("default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act(StockMovement.objects.all())
    assert StockMovement.objects.get().reason == ""
