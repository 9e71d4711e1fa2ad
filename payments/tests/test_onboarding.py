"""Sellers' accounts at Stripe: each its own, and the one that was noted first."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import SellerFactory
from payments import gateway
from payments.models import PayoutAccount
from payments.services.onboarding import make_account, store_account
from payments.services.reconciling import check_account
from payments.tests.factories import onboard

pytestmark = pytest.mark.django_db


def test_what_stripe_says_of_one_account_is_nobody_elses() -> None:
    mine, other = (
        PayoutAccount.objects.create(seller=SellerFactory(), provider_reference=name)
        for name in ("acct_1", "acct_2")
    )
    store_account(reference="acct_1", read={"payouts_enabled": True, "capabilities": {"transfers": "active"}})
    mine.refresh_from_db(), other.refresh_from_db()
    assert (mine.payouts_enabled, other.payouts_enabled) == (True, False)


def test_the_account_that_was_noted_first_stays(standin: Any, monkeypatch: Any) -> None:
    """A slow answer must not take over from the account that the seller is filling in by now."""
    account, call = PayoutAccount.objects.create(seller=SellerFactory()), gateway.call

    def overtaken(act: Any) -> Any:
        made = call(act)
        PayoutAccount.objects.update(provider_reference="acct_first")
        return made

    monkeypatch.setattr(gateway, "call", overtaken)
    assert (
        make_account(account, account.seller)
        == "acct_first"
        == PayoutAccount.objects.get().provider_reference
    )


def test_asking_of_one_account_does_not_put_the_others_off(standin: Any) -> None:
    asked = onboard(standin, SellerFactory())
    long_ago = timezone.now() - timedelta(days=1)
    other = PayoutAccount.objects.create(
        seller=SellerFactory(), provider_reference="acct_other", checked_at=long_ago
    )
    check_account(asked.provider_reference)
    other.refresh_from_db()

    assert other.checked_at == long_ago
