"""Back-office pages of the catalogue. The API's serializers validate the forms, its services save them."""

from catalog.admin import products, stock, taxonomy, transfer

__all__ = ["products", "stock", "taxonomy", "transfer"]
