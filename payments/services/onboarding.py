"""Sellers' accounts at Stripe (Connect): created once, completed on Stripe's own pages, read again on its webhooks."""

import stripe
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Seller
from payments import gateway
from payments.models import PayoutAccount


def begin_onboarding(*, seller: Seller, return_url: str, refresh_url: str) -> str:
    """Stripe's page for the seller: a URL that is valid once, for minutes. Raises StripeDown. Not in a transaction."""
    account, _ = PayoutAccount.objects.get_or_create(seller=seller)
    reference = account.provider_reference or make_account(account, seller)
    params: stripe.params.AccountLinkCreateParams = {
        "account": reference,
        "type": "account_onboarding",
        "return_url": return_url,
        "refresh_url": refresh_url,
    }
    return gateway.call(lambda client: client.v1.account_links.create(params)).url


def make_account(account: PayoutAccount, seller: Seller) -> str:
    """Two concurrent calls create the same account, because the idempotency key is the row's."""
    params: stripe.params.AccountCreateParams = {
        "type": "express",
        "email": seller.user.email,
        "capabilities": {"transfers": {"requested": True}},
        "metadata": {"seller": str(seller.pk)},
    }
    key: stripe.RequestOptions = {"idempotency_key": account.key}
    made = gateway.call(lambda client: client.v1.accounts.create(params, key))
    PayoutAccount.objects.filter(pk=account.pk, provider_reference="").update(provider_reference=made.id)
    return PayoutAccount.objects.get(pk=account.pk).provider_reference


def sync_account(*, reference: str) -> bool:
    """Stores Stripe's state of an account; returns whether it is one of ours. Raises StripeDown."""
    if not PayoutAccount.objects.filter(provider_reference=reference).exists():
        return False
    read = gateway.call(lambda client: client.v1.accounts.retrieve(reference)).to_dict()
    store_account(reference=reference, read=read)
    return True


@transaction.atomic
def store_account(*, reference: str, read: dict) -> None:
    may_receive = (read.get("capabilities") or {}).get("transfers") == "active"
    PayoutAccount.objects.filter(provider_reference=reference).update(
        payouts_enabled=bool(read.get("payouts_enabled")) and may_receive,
        details_submitted=bool(read.get("details_submitted")),
        requirements=list((read.get("requirements") or {}).get("currently_due") or [])[:50],
        checked_at=timezone.now(),
    )


def unfinished_accounts() -> Q:
    """Accounts whose state may have changed without a webhook."""
    return ~Q(provider_reference="") & Q(payouts_enabled=False)
