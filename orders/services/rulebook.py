"""Shipping methods, tax rates and promotions as they are now, without being read anew for each cart.

The statement that reads a cart's lines reads the book's mark along with them; what this process read under the same mark
is what stands in the tables. No mark (the row is not there) means that nothing is kept.
"""

from collections.abc import Callable, Hashable
from typing import Any

Pages = dict[Hashable, Any]
MOST = 2000  # pages; then it begins anew


class Book:
    """Pages by what they are about, all of one mark. Threads may read one page twice; they find the same."""

    def __init__(self) -> None:
        self.current: tuple[Any, Pages] = (None, {})

    def pages(self, mark: Any) -> Pages:
        known, pages = self.current
        if known != mark or len(pages) >= MOST:
            pages = {}
            self.current = (mark, pages)
        return pages

    def page(self, mark: Any, about: Hashable, read: Callable[[], Any]) -> Any:
        """What `read` finds; nobody may change it."""
        if mark is None:
            return read()
        pages = self.pages(mark)
        if about not in pages:
            pages[about] = read()
        return pages[about]


BOOK = Book()
page = BOOK.page
