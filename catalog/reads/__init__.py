"""Public reads as guests ask them most, by a hand-written statement or three instead of the ORM's.

What is not plain (a filter by attributes or price, facets, a count, a mistake) is not read here: `find` returns None, and
Django's views answer. The JSON is the serializers' own: rows of these statements (`rows`) have the models' attributes.
"""

from catalog.reads.plans import Read, find

__all__ = ["Read", "find"]
