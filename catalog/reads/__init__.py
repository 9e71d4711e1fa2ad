"""The public reads that guests request most, answered by one to three hand-written statements instead of the ORM's.

For anything less common (a filter by attributes or price, facets, a count, an invalid parameter) `find` returns None and
Django's views answer. The JSON comes from the same serializers: rows of these statements (`rows`) have the attributes of
the models.
"""

from catalog.reads.plans import Read, find

__all__ = ["Read", "find"]
