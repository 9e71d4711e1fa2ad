from importlib import import_module

from django.apps import AppConfig

from config.shared import registry


class PaymentsConfig(AppConfig):
    """Money that comes in and goes back: Stripe, manual payments, refunds, the ledger and payouts."""

    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        import_module(f"{self.name}.receivers")
        integrity = import_module(f"{self.name}.integrity")
        registry.VERIFIERS[self.name] = integrity.verify
        registry.PRUNERS[self.name] = integrity.prune
        privacy = import_module(f"{self.name}.privacy")
        registry.EXPORTERS[self.name], registry.ERASERS[self.name] = privacy.export_user, privacy.erase_user
        registry.ERASURE_BLOCKERS[self.name] = privacy.reasons_against_erasure
