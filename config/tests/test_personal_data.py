"""Every column that may hold personal data is named here, with the app that exports and forgets it.

A new model fails these tests until it is named: in PERSONAL with its personal columns, or in IMPERSONAL. So does a new
column that links to a user or looks like an address, a name or a device, until it stands in PERSONAL or, with the
reason why it is nobody's, in NOBODYS.
"""

import re

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Address, ApiKey, Seller, User
from accounts.services import Origin, create_api_key, erase_user, export_user, start_session
from accounts.tests.factories import AddressFactory, SellerFactory
from config.shared import registry

APPS = ("shared", "accounts", "catalog", "orders", "payments", "social")
TELLING = re.compile(
    r"(^|_)(email|name|phone|address|ip|agent|device|customer|subject|line1|line2|city|postal|region|locale|note|by|actor)"
    r"(_|$)"
)
FREE_TEXT = (models.TextField, models.JSONField, models.EmailField, models.GenericIPAddressField)

# Model → the columns that are about a person.
PERSONAL = {
    "accounts.User": "email pending_email name locale",
    "accounts.Address": "user name line1 line2 city region postal_code phone",
    "accounts.Session": "user user_agent address",
    "accounts.ApiKey": "user name",
    "accounts.SecurityEvent": "user by subject address user_agent details",
    "accounts.Seller": "user name description",
    "orders.Cart": "user",
    "orders.CouponUse": "user customer",
    "orders.Order": "user email shipping_address billing_address note",
    "orders.OrderEvent": "by_user data",
    "orders.OrderNote": "by_user text",
    "orders.Return": "reason",
    "orders.TaxExemption": "user reason",
    "payments.LedgerTransaction": "by_user",
    "payments.Payment": "settled_by customer_reference",
    "payments.StripeCustomer": "user",
    "social.Answer": "user body",
    "social.Block": "user name",
    "social.Follow": "user",
    "social.Message": "user body",
    "social.Notification": "user data",
    "social.Question": "user body",
    "social.RecentView": "user",
    "social.Review": "user body title reply",
    "social.ReviewReport": "user reason",
    "social.ReviewVote": "user",
    "social.SocialSettings": "user kinds public_name",
    "social.Watch": "user",
    "social.Wishlist": "user name",
}
# Model → columns that look so and are not, and why.
NOBODYS = {
    "social.Answer": ("by_seller", "a side"),
    "shared.EventRecord": ("data", "ids and states alone, by the house's rule"),
    "shared.LogReader": ("name", "a reader's"),
    "accounts.Address": ("country", "too coarse"),
    "accounts.User": ("email_verified_at", "a time"),
    "catalog.AttributeType": ("name", "an attribute's"),
    "catalog.Brand": ("name", "a brand's"),
    "catalog.CacheTouch": ("tag", "ids and slugs of the catalogue"),
    "catalog.Category": ("name", "a category's"),
    "catalog.Location": ("name", "a stock room's"),
    "catalog.PriceChange": ("actor", "an id"),
    "catalog.ProductImport": ("filename actor", "a shop's; the actor is an id"),
    "catalog.SearchPhrase": ("phrase", "words of the catalogue alone, and only how often"),
    "catalog.SearchWord": ("word", "of the catalogue"),
    "catalog.StockMovement": ("actor", "an id"),
    "orders.Coupon": ("usage_limit_per_customer", "a number"),
    "orders.Order": ("discounts", "codes and amounts"),
    "orders.OrderEvent": ("by", "a role"),
    "orders.OrderNote": ("by", "a role"),
    "orders.Return": ("note", "the shop's word"),
    "orders.ShippingMethod": ("name regions postal_prefixes", "a tariff's"),
    "orders.TaxRate": ("region", "a tax region"),
    "payments.Dispute": ("due_by", "a time"),
    "payments.LedgerTransaction": ("note", "why staff adjusted a balance; kept by law"),
    "payments.Refund": ("note", "why money went back, in the shop's words"),
    "payments.StripeEvent": ("note", "what went wrong with it"),
}
# Models without any personal data: goods, numbers, and parts of what is named above.
IMPERSONAL = set(
    """
    catalog.ImportImage catalog.ImportRow catalog.Product catalog.ProductImage catalog.ProductSlug catalog.RelatedProduct
    catalog.SearchEntry catalog.StockHold catalog.ProductPrice catalog.StockLevel catalog.Variant catalog.VariantPrice
    orders.CartItem orders.Document orders.DocumentCounter orders.OrderItem orders.OrderPart orders.ProviderAnswer
    orders.ReturnItem orders.RuleBook orders.Shipment
    orders.ShipmentItem
    payments.CatchUp payments.LedgerClosing payments.LedgerEntry payments.Payout payments.PayoutAccount payments.PayoutPeriod
    payments.RefundItem
    shared.EventHead shared.IdempotencyRecord shared.WebhookAttempt shared.WebhookDelivery shared.WebhookEndpoint
    social.AlsoBought social.Attachment social.Broadcast social.Post social.ReviewPhoto social.WishlistItem
    """.split()
)  # fmt: skip
# Apps without an eraser, and why none is missing.
ERASED_OTHERWISE = {
    "accounts": "erase_user itself, last of all",
}


def own_models():
    return [model for model in apps.get_models() if model._meta.app_label in APPS and not model._meta.proxy]


def is_suspect(field):
    """A link to a user, a telling name, or free text on a row that is a user's."""
    if field.is_relation:
        return field.related_model is User
    links = {other.related_model for other in field.model._meta.concrete_fields if other.is_relation}
    return bool(TELLING.search(field.name)) or (User in links and isinstance(field, FREE_TEXT))


def suspects():
    return {
        (model._meta.label, field.name)
        for model in own_models()
        for field in model._meta.concrete_fields
        if is_suspect(field)
    }


def named():
    personal = {(label, name) for label, names in PERSONAL.items() for name in names.split()}
    return personal | {(label, name) for label, (names, _) in NOBODYS.items() for name in names.split()}


def test_every_model_says_whether_it_holds_personal_data():
    """A new model is named above, even where none of its columns looks suspicious."""
    said = PERSONAL.keys() | NOBODYS.keys() | IMPERSONAL
    assert {model._meta.label for model in own_models()} == said
    assert IMPERSONAL & (PERSONAL.keys() | NOBODYS.keys()) == set()


def test_every_suspect_column_is_named():
    assert sorted(suspects() - named()) == []


def test_every_column_that_is_named_exists():
    columns = {
        (model._meta.label, field.name) for model in own_models() for field in model._meta.concrete_fields
    }
    assert sorted(named() - columns) == []


def test_whoever_holds_personal_data_exports_and_forgets_it():
    holders = {label.split(".")[0] for label in PERSONAL}
    assert holders - registry.EXPORTERS.keys() == set()
    assert holders - registry.ERASERS.keys() == ERASED_OTHERWISE.keys()


@pytest.mark.django_db
def test_what_accounts_exports_and_then_forgets():
    """A word that stands in every column of the user's is told to them, and is nowhere after the erasure."""
    word = "Zebrafish"
    shop = SellerFactory(
        user__name=word, user__email=f"{word.lower()}@example.com", name=word, description=word
    )
    user = shop.user
    AddressFactory(user=user, name=word, line1=word, line2=word, city=word, region=word, phone=word)
    start_session(user=user, origin=Origin("203.0.113.7", word))
    create_api_key(user=user, name=word, scopes=["catalog:read"])
    told = str(export_user(user=user)["accounts"])
    assert told.count(word) == 11  # name, six of the address, device, key, two of the shop
    erase_user(user=user)
    for model in (User, Seller, Address, ApiKey, apps.get_model("accounts", "Session")):
        assert word.lower() not in str(list(model.objects.values())).lower()
