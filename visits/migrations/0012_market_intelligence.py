"""One list of what visits learnt of the market: products looked at and remarks, as a view over their lines.

The lines come sideways from each visit, so that a page of the newest visits reads the lines of these alone. Whoever
changes the type of a column below drops the view first and makes it again.
"""

from django.db import migrations, models

VIEW = """
CREATE VIEW visits_intelligence AS
SELECT v.month, v.id AS visit_id, l.*, v.started_at, v.on_date, v.presence, v.retailer_id, v.person_id,
    v.territory_id, v.county_id
FROM visits_visit v CROSS JOIN LATERAL (
    SELECT o.line_no::int AS place_no, 'product'::varchar AS kind, o.product_id, NULL::bigint AS policy_id, o.on_shelf,
        o.carton_price_fen, o.pack_price_fen, o.stock_packs, o.facings, o.oos_days, o.confidence, ''::text AS text,
        ''::text AS counter_proposal, ''::varchar AS place, ''::varchar AS campaign, NULL::int AS price_fen,
        NULL::int AS quantity, false AS is_restricted
    FROM visits_observation o WHERE o.month = v.month AND o.visit_id = v.id
    UNION ALL
    SELECT 100000 + r.line_no, r.kind, r.product_id, r.policy_id, NULL, NULL, NULL, NULL, NULL, NULL, r.confidence,
        r.text, r.counter_proposal, r.place, r.campaign, r.price_fen, r.quantity, r.is_restricted
    FROM visits_remark r WHERE r.month = v.month AND r.visit_id = v.id) AS l
"""


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0011_photos_awaited"),
    ]

    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW visits_intelligence"),
        migrations.CreateModel(
            name="Intelligence",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "visit_id", "place_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("visit_id", models.UUIDField()),
                ("place_no", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField(verbose_name="started (corrected)")),
                ("on_date", models.DateField(verbose_name="business date")),
                (
                    "presence",
                    models.CharField(
                        choices=[
                            ("valid", "at the shop"),
                            ("to_verify", "to verify"),
                            ("unknown", "no position"),
                            ("rejected", "rejected"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "product"),
                            ("brand_opinion", "opinion on a brand"),
                            ("policy_opinion", "opinion on a policy"),
                            ("campaign_opinion", "opinion on a campaign"),
                            ("rival_move", "a rival's move"),
                            ("event", "event nearby"),
                            ("flow_price", "price among dealers"),
                            ("irregular", "irregular trade"),
                            ("consumer_trend", "consumer trend"),
                            ("other", "other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("on_shelf", models.BooleanField(null=True)),
                ("carton_price_fen", models.PositiveIntegerField(null=True)),
                ("pack_price_fen", models.PositiveIntegerField(null=True)),
                ("stock_packs", models.PositiveIntegerField(null=True)),
                ("facings", models.PositiveSmallIntegerField(null=True)),
                ("oos_days", models.PositiveSmallIntegerField(null=True)),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(choices=[(1, "heard of"), (2, "likely"), (3, "seen")], null=True),
                ),
                ("text", models.TextField(blank=True)),
                ("counter_proposal", models.TextField(blank=True)),
                ("place", models.CharField(blank=True, max_length=120)),
                ("campaign", models.CharField(blank=True, max_length=80)),
                ("price_fen", models.PositiveIntegerField(null=True)),
                ("quantity", models.PositiveIntegerField(null=True)),
                ("is_restricted", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "market intelligence",
                "verbose_name_plural": "market intelligence",
                "db_table": "visits_intelligence",
                "ordering": ("-started_at", "-visit_id", "month", "place_no"),
                "managed": False,
            },
        ),
    ]
