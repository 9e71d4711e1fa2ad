"""The back office's pages of the catalogue. Forms are checked by the API's serializers and saved by its services."""

from catalog.admin import products, stock, taxonomy, transfer

__all__ = ["products", "stock", "taxonomy", "transfer"]
