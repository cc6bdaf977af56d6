from django.db import migrations

COUNT_AGAIN = "INSERT INTO insights_staleweek (monday) SELECT DISTINCT monday FROM insights_weekcount"


class Migration(migrations.Migration):
    dependencies = [("insights", "0005_count_topics_by_week")]

    # A marked week is counted from its rows until it is kept anew.
    operations = [migrations.RunSQL(COUNT_AGAIN, COUNT_AGAIN)]
