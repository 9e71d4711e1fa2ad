"""Paths under `/api/v1/`; words that may stand in place of an id are reserved slugs."""

from django.urls import path

from catalog.views.attributes import AttributeTypeViewSet, CategoryAttributes
from catalog.views.bulk import BulkPrices
from catalog.views.images import ImageViewSet
from catalog.views.inventory import InventoryViewSet, LocationViewSet, MovementViewSet
from catalog.views.prices import PriceHistoryViewSet
from catalog.views.products import OwnProductViewSet, ProductViewSet
from catalog.views.related import RelatedProducts
from catalog.views.search import SuggestView
from catalog.views.taxonomy import BrandAdminViewSet, BrandViewSet, CategoryAdminViewSet, CategoryViewSet
from catalog.views.transfer import ExportView, ImportViewSet
from catalog.views.variants import VariantViewSet

READ_ONE = {"get": "retrieve"}
READ_ALL = {"get": "list"}
ALL = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("products", ProductViewSet.as_view(ALL, detail=False), name="products"),
    path("products/create", ProductViewSet.as_view({"post": "create"}), name="product-create"),
    path("products/my", OwnProductViewSet.as_view(READ_ALL, detail=False), name="my-products"),
    path("products/import", ImportViewSet.as_view({"post": "create"}), name="product-import"),
    path("products/import/<str:id>", ImportViewSet.as_view(READ_ONE, detail=True)),
    path("products/export", ExportView.as_view(), name="product-export"),
    path("products/<str:id>", ProductViewSet.as_view(ONE, detail=True), name="product"),
    path("products/<str:id>/publish", ProductViewSet.as_view({"post": "publish"}, detail=True)),
    path("products/<str:id>/unpublish", ProductViewSet.as_view({"post": "unpublish"}, detail=True)),
    path("products/<str:product_id>/variants", VariantViewSet.as_view(ALL, detail=False)),
    path("products/<str:product_id>/variants/<str:id>", VariantViewSet.as_view(ONE, detail=True)),
    path(
        "products/<str:product_id>/variants/<str:id>/price-history",
        PriceHistoryViewSet.as_view(READ_ALL, detail=False),
    ),
    path("products/<str:product_id>/images", ImageViewSet.as_view(ALL, detail=False)),
    path("products/<str:product_id>/images/<str:id>", ImageViewSet.as_view(ONE, detail=True)),
    path("products/<str:product_id>/related", RelatedProducts.as_view()),
    path("inventory", InventoryViewSet.as_view(READ_ALL, detail=False), name="inventory"),
    path(
        "inventory/adjust", InventoryViewSet.as_view({"post": "adjust"}, detail=True), name="inventory-adjust"
    ),
    path("inventory/transfer", InventoryViewSet.as_view({"post": "transfer"}, detail=True)),
    path("inventory/bulk", InventoryViewSet.as_view({"post": "bulk"}, detail=True)),
    path("variants/prices", BulkPrices.as_view(), name="bulk-prices"),
    path(
        "inventory/<str:variant_id>",
        InventoryViewSet.as_view(READ_ONE | {"patch": "partial_update"}, detail=True),
    ),
    path("inventory/<str:variant_id>/movements", MovementViewSet.as_view(READ_ALL, detail=False)),
    path("locations", LocationViewSet.as_view(ALL, detail=False), name="locations"),
    path("locations/<str:id>", LocationViewSet.as_view(ONE, detail=True)),
    path("search/suggest", SuggestView.as_view(), name="suggest"),
    path("categories", CategoryViewSet.as_view(READ_ALL, detail=False), name="categories"),
    path("categories/<str:id>", CategoryViewSet.as_view(READ_ONE, detail=True)),
    path("categories/<str:id>/attributes", CategoryAttributes.as_view()),
    path("brands", BrandViewSet.as_view(READ_ALL, detail=False), name="brands"),
    path("brands/<str:id>", BrandViewSet.as_view(READ_ONE, detail=True)),
    path("admin/categories", CategoryAdminViewSet.as_view(ALL, detail=False)),
    path("admin/categories/<str:id>", CategoryAdminViewSet.as_view(ONE, detail=True)),
    path("admin/categories/<str:category_id>/attributes", AttributeTypeViewSet.as_view(ALL, detail=False)),
    path(
        "admin/categories/<str:category_id>/attributes/<str:id>",
        AttributeTypeViewSet.as_view(ONE, detail=True),
    ),
    path("admin/brands", BrandAdminViewSet.as_view(ALL, detail=False)),
    path("admin/brands/<str:id>", BrandAdminViewSet.as_view(ONE, detail=True)),
]
