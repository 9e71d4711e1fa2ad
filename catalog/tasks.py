from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from catalog.search import upkeep
from catalog.services.sales import flip_sales
from catalog.transfer.importing import run_import
from catalog.transfer.rescue import fail_abandoned


@app.task(
    name="catalog.import_products", queue="default", retry=RetryStrategy(max_attempts=5, exponential_wait=5)
)
def import_products(import_id: int) -> None:
    if not run_import(import_id=import_id):
        import_products.defer(import_id=import_id)


@app.periodic(cron="* * * * *")
@app.task(name="catalog.fail_abandoned_imports", queueing_lock="catalog.fail_abandoned_imports")
def fail_abandoned_imports(timestamp: int) -> None:
    fail_abandoned()


@app.periodic(cron="23 * * * *")
@app.task(name="catalog.tend_search", queueing_lock="catalog.tend_search")
def tend_search(timestamp: int) -> None:
    """Updates the business order, the vocabulary's counts, and popular searches."""
    upkeep.tend()


@app.periodic(cron="* * * * *")
@app.task(name="catalog.flip_sales", queueing_lock="catalog.flip_sales")
def flip_due_sales(timestamp: int) -> None:
    flip_sales()
