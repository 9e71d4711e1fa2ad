"""Money as integer minor units of an ISO 4217 currency, and the arithmetic that loses no cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MAX_AMOUNT = 2**53 - 1  # the largest integer that every JSON client reads exactly

# ISO 4217's list of active currencies; most have two digits after the point.
CURRENCIES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED
    VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split()
)
WITHOUT_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
WITH_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


@dataclass(frozen=True, slots=True, order=True)
class Money:
    amount: int  # in minor units
    currency: str

    def __str__(self) -> str:
        return f"{to_decimal(self.amount, self.currency)} {self.currency}"

    def as_json(self) -> dict[str, int | str]:
        return {"amount": self.amount, "currency": self.currency}


def digits(currency: str) -> int:
    """Digits after the point: 2, but 0 for JPY and 3 for KWD."""
    if currency in WITHOUT_DIGITS:
        return 0
    return 3 if currency in WITH_THREE else 2


def to_decimal(amount: int, currency: str) -> Decimal:
    """1999 USD as Decimal("19.99")."""
    return Decimal(amount).scaleb(-digits(currency))


def from_decimal(value: str, currency: str) -> int:
    """ "19.99" USD as 1999. Raises ValueError for a text that is no amount or has too many digits."""
    try:
        amount = Decimal(value).scaleb(digits(currency))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError(f"{value!r} has more digits than {currency} knows")
    return int(amount)


def apply_rate(amount: int, rate: Decimal) -> int:
    """`amount` × `rate` in minor units, half a unit rounded up."""
    return int((Decimal(amount) * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_included(gross: int, rate: Decimal) -> int:
    """The tax inside a gross amount: gross × rate ÷ (1 + rate)."""
    return int((Decimal(gross) * rate / (1 + rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided in proportion to `weights` so that the parts sum to it (largest remainder first).

    If all weights are zero, the first part gets the whole. Deterministic: ties go to the earlier part.
    """
    whole = sum(weights)
    if not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
