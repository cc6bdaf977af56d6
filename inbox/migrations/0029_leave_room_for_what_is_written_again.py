from django.db import migrations

# A cycle is written half a dozen times in its life, and its conversation with it: at each warning, when its deadline
# moves, when it ends. Each time every index of them gets an entry beside the one before. These are filled from their
# end, so that PostgreSQL fills their pages to nine tenths, and would look through and split nearly each one when a
# closed day moves half of a million deadlines. With this room that move takes a sixth less; the indexes of a million
# conversations take 80 MB more until they would have been split anyway. The others lie in the order of the deadlines
# themselves, where a moved one goes elsewhere.
FILLED = 60  # percent
INDEXES = (
    "inbox_replycycle_pkey",
    "one_open_cycle_of_a_kind",
    "cycle_of_conversation",
    "inbox_conversation_pkey",
    "conversation_once",
    "inbox_conversation_contact_id_4878e8e1",
)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0028_answer_several_at_once")]

    operations = [
        migrations.RunSQL(f"ALTER INDEX {name} SET (fillfactor = {FILLED})", f"ALTER INDEX {name} RESET (fillfactor)")
        for name in INDEXES
    ]
