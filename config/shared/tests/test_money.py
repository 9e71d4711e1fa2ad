from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.shared.money import Money, apply_rate, digits, from_decimal, share, tax_included, to_decimal


def test_minor_units_follow_the_currency():
    assert [digits(currency) for currency in ("USD", "JPY", "KWD")] == [2, 0, 3]
    assert to_decimal(1999, "USD") == Decimal("19.99")
    assert to_decimal(1999, "JPY") == Decimal("1999")
    assert from_decimal("1.234", "KWD") == 1234
    assert str(Money(5, "USD")) == "0.05 USD"


@pytest.mark.parametrize(
    ("text", "currency"), [("19.999", "USD"), ("0.5", "JPY"), ("NaN", "USD"), ("1,5", "USD"), ("", "USD")]
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(ValueError, match=r"amount|digits"):
        from_decimal(text, currency)


def test_half_a_unit_is_rounded_up():
    assert apply_rate(250, Decimal("0.01")) == 3
    assert apply_rate(249, Decimal("0.01")) == 2
    assert tax_included(11900, Decimal("0.19")) == 1900


def test_the_largest_remainder_gets_the_odd_cent():
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(10, [0, 3, 7]) == [0, 3, 7]
    assert share(5, [0, 0]) == [5, 0]
    assert share(0, []) == []


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_always_sum_to_the_whole(total, weights):
    parts = share(total, weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
