"""Money and the catalogue."""

from config.environment import duration, flag, integer, one_of, rate, ratio, required, text
from config.settings.mode import PRODUCTION
from config.shared.money import CURRENCIES

# PostgreSQL's stemmers; `simple` does not stem.
SEARCH_LANGUAGES = """arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian
indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian simple spanish swedish tamil
turkish yiddish""".split()


# --- Money ------------------------------------------------------------------------------------------------
DEFAULT_CURRENCY = one_of("DEFAULT_CURRENCY", "USD", CURRENCIES)
STRIPE_SECRET_KEY = (
    required("STRIPE_SECRET_KEY", "payments go through it.") if PRODUCTION else text("STRIPE_SECRET_KEY")
)
STRIPE_STANDIN = not STRIPE_SECRET_KEY
STRIPE_WEBHOOK_SECRET = (
    required("STRIPE_WEBHOOK_SECRET", "it verifies Stripe's webhooks.")
    if PRODUCTION
    else text("STRIPE_WEBHOOK_SECRET", "whsec_souk_local")
)
STRIPE_PUBLISHABLE_KEY = text("STRIPE_PUBLISHABLE_KEY", "pk_test_souk_local" if STRIPE_STANDIN else "")
STRIPE_TIMEOUT = ratio("STRIPE_TIMEOUT", 8, least=0.1)  # seconds for a call, including its one retry
HOLD_LIFETIME = duration("HOLD_LIFETIME", "30m")  # how long stock is held for an unpaid order
MANUAL_HOLD_DAYS = integer("MANUAL_HOLD_DAYS", 7, least=1)
GUEST_CART_LIFETIME = duration("GUEST_CART_LIFETIME", "90d")  # since its last change
RETURN_WINDOW = duration("RETURN_WINDOW", "30d")  # after delivery
DELIVERED_AFTER = duration(
    "DELIVERED_AFTER", "14d"
)  # after the last parcel was shipped, unless the seller confirms it earlier
RETURN_REFUNDS_SHIPPING = flag("RETURN_REFUNDS_SHIPPING", default=True)
INVOICE_ISSUER = text("INVOICE_ISSUER", "Souk").split("|")
PDF_FONT = text("PDF_FONT")
TAX_PROVIDER = text("TAX_PROVIDER", "orders.services.providers.TableTaxes")
SHIPPING_PROVIDER = text("SHIPPING_PROVIDER", "orders.services.providers.TableShipping")
STRIPE_CONNECT_WEBHOOK_SECRET = text("STRIPE_CONNECT_WEBHOOK_SECRET")  # events of the sellers' accounts
COMMISSION_TAX_RATE = rate("COMMISSION_TAX_RATE", "0")  # on the commission, added to it
SHIPPING_KEPT_BY = one_of("SHIPPING_KEPT_BY", "seller", ("seller", "shop"))
TAX_KEPT_BY = one_of("TAX_KEPT_BY", "shop", ("seller", "shop"))
PAYOUT_HOLDBACK_DAYS = integer("PAYOUT_HOLDBACK_DAYS", 7)  # from delivery
PAYOUT_MINIMUM = integer("PAYOUT_MINIMUM", 1000, least=1)  # minor units
PAYOUT_SCHEDULE = one_of("PAYOUT_SCHEDULE", "none", ("none", "daily", "weekly", "monthly"))

# --- Catalogue --------------------------------------------------------------------------------------------
# The language by which product texts are stemmed; after a change run `manage.py reindex_search`.
SEARCH_LANGUAGE = one_of("SEARCH_LANGUAGE", "english", SEARCH_LANGUAGES)

# Seconds for which browsers and CDNs may reuse a public read; with 0 they revalidate each time and get a 304.
PUBLIC_MAX_AGE = integer("PUBLIC_MAX_AGE", 0)
