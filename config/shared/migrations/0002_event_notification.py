"""Appending to the event log wakes the relay at the commit, whatever path the write took."""

from django.db import migrations

CREATE = """
CREATE FUNCTION shared_notify_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('souk_events', '');
  RETURN NULL;
END $$;
CREATE TRIGGER shared_eventrecord_notify AFTER INSERT ON shared_eventrecord
  FOR EACH STATEMENT EXECUTE FUNCTION shared_notify_event();
"""
DROP = """
DROP TRIGGER shared_eventrecord_notify ON shared_eventrecord;
DROP FUNCTION shared_notify_event();
"""


class Migration(migrations.Migration):
    dependencies = [("shared", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
