"""The database itself keeps the books: what is posted stays as it was, is complete, and sums to zero."""

from django.db import migrations

CREATE = """
CREATE FUNCTION payments_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: post the opposite instead' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payments_ledgertransaction_keep BEFORE UPDATE OR DELETE ON payments_ledgertransaction
  FOR EACH ROW EXECUTE FUNCTION payments_keep_ledger();
CREATE TRIGGER payments_ledgerentry_keep BEFORE UPDATE OR DELETE ON payments_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION payments_keep_ledger();

CREATE FUNCTION payments_balance_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  posted bigint;
  wanted integer;
BEGIN
  IF TG_TABLE_NAME = 'payments_ledgertransaction' THEN posted := NEW.id; ELSE posted := NEW.transaction_id; END IF;
  SELECT lines INTO wanted FROM payments_ledgertransaction WHERE id = posted;
  IF (SELECT count(*) FROM payments_ledgerentry WHERE transaction_id = posted) <> wanted THEN
    RAISE EXCEPTION 'ledger transaction % does not have its % lines', posted, wanted USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM payments_ledgerentry WHERE transaction_id = posted GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'ledger transaction % does not sum to zero', posted USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_ledgertransaction_balanced AFTER INSERT ON payments_ledgertransaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_balance_ledger();
CREATE CONSTRAINT TRIGGER payments_ledgerentry_balanced AFTER INSERT ON payments_ledgerentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_balance_ledger();
"""
DROP = """
DROP TRIGGER payments_ledgerentry_balanced ON payments_ledgerentry;
DROP TRIGGER payments_ledgertransaction_balanced ON payments_ledgertransaction;
DROP FUNCTION payments_balance_ledger();
DROP TRIGGER payments_ledgerentry_keep ON payments_ledgerentry;
DROP TRIGGER payments_ledgertransaction_keep ON payments_ledgertransaction;
DROP FUNCTION payments_keep_ledger();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_ledger_payouts_disputes_and_cards")]

    operations = [migrations.RunSQL(CREATE, DROP)]
