"""The calculation by itself: no database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.errors import TotalTooLarge
from orders.services.deductions import Deduction, Line, inapplicable
from orders.services.pricing import Fee, TaxRule, price

VAT = TaxRule("DE", "", "standard", Decimal("0.19"), inclusive=True)
REDUCED = TaxRule("DE", "", "reduced", Decimal("0.07"), inclusive=True)
SALES = TaxRule("US", "", "standard", Decimal("0.05"), inclusive=False)
SALES_CA = TaxRule("US", "CA", "standard", Decimal("0.0725"), inclusive=False)


def line(
    key: int = 1, amount: int = 1000, quantity: int = 1, seller: int = 1, tax_class: str = "standard"
) -> Line:
    return Line(key, seller, quantity, amount, tax_class)


def test_goods_alone():
    priced = price(currency="USD", lines=[line(amount=1999, quantity=3), line(2, 1)])
    assert (priced.sums.subtotal, priced.sums.total) == (5998, 5998)


def test_nothing_costs_nothing():
    assert price(currency="USD", lines=[]).sums.total == 0


def test_percent_is_shared_over_the_lines_by_largest_remainder():
    ten = Deduction("TEN", "percent", percent=Decimal(10))
    priced = price(currency="USD", lines=[line(1, 333), line(2, 333), line(3, 333)], deductions=[ten])
    assert [one.discount for one in priced.lines] == [34, 33, 33]
    assert priced.sums.discount == 100
    assert priced.sums.total == 899


@pytest.mark.parametrize(("percent", "discount"), [("12.5", 1), ("50", 3), ("100", 5), ("10", 1), ("9.9", 0)])
def test_half_a_unit_of_percent_goes_up(percent, discount):
    coupon = Deduction("X", "percent", percent=Decimal(percent))
    assert price(currency="USD", lines=[line(amount=5)], deductions=[coupon]).sums.discount == discount


def test_fixed_takes_off_no_more_than_there_is():
    coupon = Deduction("FIVE", "fixed", amount=5000, currency="USD")
    priced = price(currency="USD", lines=[line(1, 300), line(2, 100)], deductions=[coupon])
    assert [one.discount for one in priced.lines] == [300, 100]
    assert priced.sums.total == 0


def test_a_sellers_coupon_leaves_others_alone():
    coupon = Deduction("MINE", "percent", percent=Decimal(50), seller_id=2)
    fees = [Fee(1, "a", "A", 100), Fee(2, "b", "B", 100)]
    priced = price(
        currency="USD", lines=[line(1, seller=1), line(2, seller=2)], deductions=[coupon], fees=fees
    )
    assert [one.discount for one in priced.lines] == [0, 500]
    assert (priced.of_seller(1).total, priced.of_seller(2).total, priced.sums.total) == (1100, 600, 1700)


def test_free_shipping_works_on_the_fees_that_it_covers():
    coupon = Deduction("SHIP", "free_shipping", seller_id=1)
    fees = [Fee(1, "a", "A", 300), Fee(2, "b", "B", 400)]
    priced = price(
        currency="USD", lines=[line(1, seller=1), line(2, seller=2)], deductions=[coupon], fees=fees
    )
    assert [(fee.price, fee.discount, fee.taxed.total) for fee in priced.fees] == [
        (300, 300, 0),
        (400, 0, 400),
    ]
    assert (priced.sums.discount, priced.sums.shipping, priced.sums.total) == (0, 400, 2400)


def test_shipping_is_free_from_the_goods_worth_after_the_discount():
    fee = Fee(1, "a", "A", 300, free_from=1000)
    coupon = Deduction("ONE", "fixed", amount=1, currency="USD")
    assert price(currency="USD", lines=[line()], fees=[fee]).sums.shipping == 0
    assert price(currency="USD", lines=[line()], fees=[fee], deductions=[coupon]).sums.shipping == 300


def test_inclusive_tax_is_in_the_price():
    priced = price(currency="EUR", lines=[line(amount=1000)], fees=[Fee(1, "a", "A", 500)], taxes=[VAT])
    assert (priced.sums.tax, priced.sums.tax_included, priced.sums.total) == (160, 160, 1500)
    assert priced.fees[0].taxed.rule is None


def test_exclusive_tax_comes_on_top_of_each_line_after_its_discount():
    half = Deduction("HALF", "percent", percent=Decimal(50))
    priced = price(currency="USD", lines=[line(1, 990), line(2, 990)], deductions=[half], taxes=[SALES])
    assert [one.taxed.tax for one in priced.lines] == [25, 25]  # 24.75 each, rounded by itself
    assert (priced.sums.tax, priced.sums.tax_included, priced.sums.total) == (50, 0, 1040)


def test_region_before_country_and_class_before_region():
    reduced = TaxRule("US", "", "food", Decimal(0), inclusive=False)
    lines = [line(1), line(2, tax_class="food"), line(3, tax_class="unknown")]
    priced = price(currency="USD", lines=lines, taxes=[SALES, SALES_CA, reduced])
    assert [one.taxed.tax for one in priced.lines] == [73, 0, 73]


def test_shipping_is_taxed_by_its_own_class_alone():
    shipping = TaxRule("DE", "", "shipping", Decimal("0.19"), inclusive=True)
    priced = price(
        currency="EUR", lines=[line()], fees=[Fee(1, "a", "A", 1190)], taxes=[VAT, REDUCED, shipping]
    )
    assert priced.fees[0].taxed.tax == 190
    assert (priced.sums.tax, priced.sums.total) == (350, 2190)


def test_a_total_that_json_cannot_carry_is_refused():
    with pytest.raises(TotalTooLarge):
        price(currency="USD", lines=[line(amount=2**53 - 1, quantity=2)])


@pytest.mark.parametrize(
    ("coupon", "reason"),
    [
        (Deduction("A", "percent", percent=Decimal(1)), ""),
        (Deduction("A", "fixed", amount=1, currency="EUR"), "currency"),
        (Deduction("A", "free_shipping", seller_id=9), "seller"),
        (Deduction("A", "free_shipping", minimum_amount=1001, currency="USD"), "minimum"),
        (Deduction("A", "free_shipping", minimum_amount=1000, currency="USD"), ""),
    ],
)
def test_whether_a_coupon_applies(coupon, reason):
    assert inapplicable(coupon, currency="USD", lines=[line()]) == reason


lines_of_any_kind = st.lists(
    st.builds(
        Line,
        key=st.integers(1, 10**6),
        seller_id=st.integers(1, 4),
        quantity=st.integers(1, 999),
        unit_amount=st.integers(0, 10**7),
        tax_class=st.sampled_from(["standard", "reduced", "other"]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda line: line.key,
)
coupons = st.one_of(
    st.builds(
        Deduction,
        st.just("B"),
        st.just("buy_x_get_y"),
        percent=st.decimals("0.01", 100, places=2),
        buy=st.integers(1, 5),
        get=st.integers(1, 5),
    ),
    st.builds(Deduction, st.just("P"), st.just("percent"), percent=st.decimals("0.0001", 100, places=4)),
    st.builds(
        Deduction, st.just("F"), st.just("fixed"), amount=st.integers(1, 10**9), seller_id=st.integers(1, 4)
    ),
    st.builds(Deduction, st.just("S"), st.just("free_shipping"), seller_id=st.none() | st.integers(1, 4)),
)
rates = st.lists(
    st.builds(
        TaxRule,
        st.just("DE"),
        st.sampled_from(["", "BY"]),
        st.sampled_from(["standard", "reduced", "shipping"]),
        st.decimals(0, 1, places=6),
        st.booleans(),
    ),
    max_size=4,
)


def of_units(*amounts, **rule):
    """The discounts of a buy-2-get-1 over lines of one unit each."""
    lines = [line(key, amount) for key, amount in enumerate(amounts)]
    rule = Deduction("B2G1", "buy_x_get_y", **({"percent": Decimal(100), "buy": 2, "get": 1} | rule))
    return [one.discount for one in price(currency="USD", lines=lines, deductions=[rule]).lines]


def test_of_every_three_the_cheapest_is_free():
    assert of_units(500, 300, 400) == [0, 300, 0]
    assert of_units(500, 300) == [0, 0]
    assert of_units(500, 300, 400, 200, 100, 600) == [0, 0, 0, 200, 100, 0]
    assert of_units(333, 333, 333, percent=Decimal(50)) == [0, 0, 167]
    assert of_units(500, 300, 400, 100, keys=frozenset({0, 1, 2})) == [0, 300, 0, 0]


def test_several_work_on_what_is_left_and_the_lone_one_where_it_is_better():
    ten, five = (Deduction(str(n), "percent", percent=Decimal(n)) for n in (10, 5))
    half = Deduction("HALF", "percent", percent=Decimal(50), is_stackable=False)
    both = price(currency="USD", lines=[line()], deductions=[ten, five])
    assert [amount for _, amount in both.lines[0].discounts] == [100, 45]
    alone = price(currency="USD", lines=[line()], deductions=[ten, five, half])
    assert [(one.code, amount) for one, amount in alone.lines[0].discounts] == [("HALF", 500)]
    worse = Deduction("ONE", "percent", percent=Decimal(1), is_stackable=False)
    assert price(currency="USD", lines=[line()], deductions=[ten, worse]).sums.discount == 100


def test_a_tax_free_customer_pays_the_price_without_its_tax():
    fees = [Fee(1, "a", "A", 595)]
    taxes = [VAT, TaxRule("DE", "", "shipping", Decimal("0.19"), inclusive=True)]
    lines = [line(amount=1190, quantity=2)]
    priced = price(currency="EUR", lines=lines, fees=fees, taxes=taxes, is_tax_free=True).sums
    assert (priced.subtotal, priced.shipping, priced.tax, priced.total) == (2000, 500, 0, 2500)
    added = price(currency="USD", lines=[line()], taxes=[SALES], is_tax_free=True).sums
    assert (added.tax, added.total) == (0, 1000)


@given(
    lines_of_any_kind,
    st.lists(coupons, max_size=4),
    st.tuples(st.integers(0, 10**6), st.none() | st.integers(0, 10**9)),
    rates,
    st.booleans(),
)
def test_the_parts_always_sum_to_the_whole(lines, coupons, fee_and_free_from, taxes, is_tax_free):
    fee, free_from = fee_and_free_from
    fees = [Fee(seller, "a", "A", fee, free_from) for seller in {line.seller_id for line in lines}]
    priced = price(
        currency="EUR", lines=lines, deductions=coupons, fees=fees, taxes=taxes, is_tax_free=is_tax_free
    )
    sums, parts = priced.sums, [priced.of_seller(seller) for seller in priced.sellers]
    assert sums.total == sum(part.total for part in parts)
    for name in ("subtotal", "discount", "shipping", "tax", "tax_included"):
        assert getattr(sums, name) == sum(getattr(part, name) for part in parts)
    assert all(0 <= one.discount <= one.line.amount for one in priced.lines)
    assert 0 <= sums.tax_included <= sums.tax
    assert sums.total == sum(
        one.taxed.total + one.taxed.tax - one.taxed.included for one in (*priced.lines, *priced.fees)
    )
    assert sums.total >= 0
