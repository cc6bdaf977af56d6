"""Let the chain begin with the first event ever. Can be run again: what has a seal is left alone."""

from django.db import migrations

SEAL = """
DO $$
DECLARE
    event accounts_auditevent;
    previous text;
BEGIN
    SELECT hash INTO previous FROM accounts_auditseal ORDER BY id DESC LIMIT 1;
    FOR event IN SELECT * FROM accounts_auditevent e
        WHERE NOT EXISTS (SELECT FROM accounts_auditseal s WHERE s.event_id = e.id) ORDER BY id
    LOOP
        previous := encode(sha256(convert_to(concat_ws('|', coalesce(previous, ''), event.id,
            trunc(extract(epoch FROM event.at) * 1000000), coalesce(event.actor_id, 0), event.action, event.subject,
            event.data), 'UTF8')), 'hex');
        INSERT INTO accounts_auditseal (event_id, hash) VALUES (event.id, previous);
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_complete_the_register_and_chain_the_trail")]
    operations = [migrations.RunSQL(SEAL, migrations.RunSQL.noop)]
