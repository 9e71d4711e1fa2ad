"""Money in the smallest unit of its currency: Stripe's limits, wording and fee."""

from .errors import invalid

# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUMS = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
ZERO_DECIMAL = frozenset(
    (
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    )
)
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
MAXIMUM = 99_999_999


def worded(amount: int, currency: str) -> str:
    """In the format of Stripe's messages: `$20.00`, `¥500`, `20.00 chf`."""
    number = f"{amount:,}" if currency in ZERO_DECIMAL else f"{amount // 100:,}.{amount % 100:02}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"


def checked_currency(currency: str) -> str:
    lowered = currency.lower()
    if len(lowered) != 3 or not lowered.isalpha():
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    return lowered


def check_chargeable(amount: int, currency: str) -> None:
    """Currencies without a published minimum (zero-decimal and unlisted ones) accept the smallest positive amount."""
    check_positive(amount)
    minimum = MINIMUMS.get(currency, 1)
    if amount < minimum:
        message = f"Amount must be at least {worded(minimum, currency)} {currency}"
        raise invalid(message, code="amount_too_small", param="amount")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {worded(MAXIMUM, currency)}"
        raise invalid(message, code="amount_too_large", param="amount")


def check_positive(amount: int, *, param: str = "amount") -> None:
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param
        )


def processing_fee(amount: int) -> int:
    """2.9 % rounded to the nearest unit, plus 30."""
    return (amount * 29 + 500) // 1000 + 30
