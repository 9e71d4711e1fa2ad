import pytest
from django.contrib.auth.models import Permission

from accounts.tests.factories import AdminFactory, SellerFactory, UserFactory
from catalog.models import Brand, Category
from catalog.tests.factories import BrandFactory, CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_user):
    return as_user(AdminFactory())


def test_tree_and_detail(api, admin, django_assert_num_queries):
    home = admin.post("/api/v1/admin/categories", {"name": "Home"}).json()
    kitchen = admin.post("/api/v1/admin/categories", {"name": "Kitchen", "parent": home["id"]}).json()
    tea = admin.post(
        "/api/v1/admin/categories", {"name": "Tea", "parent": "kitchen", "slug": "tea-things"}
    ).json()

    with django_assert_num_queries(1):
        tree = api.get("/api/v1/categories").json()["results"]

    assert tree == [
        {"id": home["id"], "slug": "home", "name": "Home", "parent": None, "children": [
            {"id": kitchen["id"], "slug": "kitchen", "name": "Kitchen", "parent": home["id"], "children": [
                {"id": tea["id"], "slug": "tea-things", "name": "Tea", "parent": kitchen["id"], "children": []}]}]},
    ]  # fmt: skip
    one = api.get("/api/v1/categories/kitchen").json()
    assert (one["parent"]["slug"], [row["slug"] for row in one["children"]]) == ("home", ["tea-things"])
    assert api.get("/api/v1/categories/nothing").status_code == 404


def test_moves(api, admin):
    a, b = CategoryFactory(name="A"), CategoryFactory(name="B")
    child = CategoryFactory(name="C", parent=a)
    path = f"/api/v1/admin/categories/{a.pk}"

    assert admin.patch(path, {"parent": child.slug}).json()["code"] == "category_cycle"
    assert admin.patch(path, {"parent": str(a.pk)}).json()["code"] == "category_cycle"
    moved = admin.patch(path, {"parent": b.slug})
    assert (moved.status_code, moved.json()["parent"]["id"]) == (200, str(b.pk))
    assert [row["name"] for row in api.get(f"/api/v1/categories/{child.pk}").json()["ancestors"]] == [
        "B",
        "A",
    ]
    assert admin.patch(path, {"parent": None, "name": "Z"}).json()["ancestors"] == []
    assert [row["name"] for row in api.get("/api/v1/categories").json()["results"]] == ["B", "Z"]
    assert Category.objects.find_problems() == ([], [], [], [], [])


def test_what_is_used_stays(admin):
    home = CategoryFactory()
    tea = CategoryFactory(parent=home)
    product = ProductFactory(category=tea, brand=BrandFactory())
    assert admin.delete(f"/api/v1/admin/categories/{tea.pk}").json()["code"] == "category_in_use"
    assert admin.delete(f"/api/v1/admin/categories/{home.pk}").status_code == 409
    assert admin.delete(f"/api/v1/admin/brands/{product.brand.pk}").json()["code"] == "brand_in_use"
    product.delete()
    assert admin.delete(f"/api/v1/admin/categories/{tea.pk}").status_code == 204
    assert admin.delete(f"/api/v1/admin/categories/{home.pk}").status_code == 204
    assert admin.delete(f"/api/v1/admin/brands/{product.brand.pk}").status_code == 204
    assert (Category.objects.count(), Brand.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": 7}, {"name": "x" * 101}, {"name": "X", "slug": "123"}, {"name": "X", "slug": "my"},
        {"name": "X", "slug": "a b"}, {"name": "X", "parent": "nothing"}, {"name": "X", "path": "0001"},
    ],
)  # fmt: skip
def test_categories_refuse(admin, body):
    assert admin.post("/api/v1/admin/categories", body).status_code == 400
    assert not Category.objects.exists()


def test_names_are_taken_once(admin):
    assert admin.post("/api/v1/admin/categories", {"name": "Home"}).status_code == 201
    assert admin.post("/api/v1/admin/categories", {"name": "home"}).json()["code"] == "category_exists"
    assert admin.post("/api/v1/admin/categories", {"name": "Home", "parent": "home"}).status_code == 201
    assert admin.post("/api/v1/admin/brands", {"name": "Acme"}).status_code == 201
    assert admin.post("/api/v1/admin/brands", {"name": "ACME"}).json()["code"] == "brand_exists"


def test_brands(api, admin):
    acme = admin.post("/api/v1/admin/brands", {"name": "Acme"}).json()
    assert acme == {"id": str(Brand.objects.get().pk), "slug": "acme", "name": "Acme", "followers_count": 0}
    assert api.get("/api/v1/brands").json()["results"] == [acme]
    assert api.get("/api/v1/brands/acme").json() == acme
    assert admin.patch(f"/api/v1/admin/brands/{acme['id']}", {"name": "Zenith"}).json()["name"] == "Zenith"
    sent_back = admin.patch(f"/api/v1/admin/brands/{acme['id']}", {"followers_count": "5"})
    assert (sent_back.status_code, sent_back.json()["followers_count"]) == (200, 0)
    assert Brand.objects.get().followers_count == 0


@pytest.mark.parametrize("kind", ["categories", "brands"])
def test_writes_are_for_staff_with_the_permission(api, as_user, kind):
    model, factory = (Category, CategoryFactory) if kind == "categories" else (Brand, BrandFactory)
    row = factory()
    before = list(model.objects.values())
    for client, code in [(api, 401), (as_user(UserFactory()), 403), (as_user(SellerFactory().user), 403)]:
        assert client.get(f"/api/v1/admin/{kind}").status_code == code
        assert client.post(f"/api/v1/admin/{kind}", {"name": "New"}).status_code == code
        assert client.patch(f"/api/v1/admin/{kind}/{row.pk}", {"name": "New"}).status_code == code
        assert client.delete(f"/api/v1/admin/{kind}/{row.pk}").status_code == code
    assert list(model.objects.values()) == before

    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename=f"add_{model._meta.model_name}"))
    assert as_user(clerk).post(f"/api/v1/admin/{kind}", {"name": "New"}).status_code == 201
    assert as_user(clerk).delete(f"/api/v1/admin/{kind}/{row.pk}").status_code == 403
