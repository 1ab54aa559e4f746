"""Items of market intelligence and what becomes of them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import backend.ids


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0016_uploads_open_of_a_person"),
        ("brands", "0005_price_bands"),
        ("market", "0006_figures_of_the_trade"),
        ("retail", "0006_promises_due"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IntelligenceItem",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("visit_id", models.UUIDField()),
                ("month", models.DateField(verbose_name="month of the visit")),
                ("place_no", models.PositiveIntegerField()),
                ("on_date", models.DateField(verbose_name="business date")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("brand_opinion", "opinion on a brand"),
                            ("policy_opinion", "opinion on a policy"),
                            ("campaign_opinion", "opinion on a campaign"),
                            ("rival_move", "a rival's move"),
                            ("event", "event nearby"),
                            ("flow_price", "price among dealers"),
                            ("irregular", "irregular trade"),
                            ("consumer_trend", "consumer trend"),
                            ("other", "other"),
                            ("out_of_stock", "out of stock"),
                            ("price", "price far from the guide price"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="words")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="place")),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "heard of"), (2, "likely"), (3, "seen")], null=True, verbose_name="confidence"
                    ),
                ),
                ("said", models.JSONField(default=dict, verbose_name="figures")),
                ("is_restricted", models.BooleanField(default=False, verbose_name="restricted")),
                ("group_id", models.UUIDField()),
                ("group_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "submitted"),
                            ("returned", "returned to its submitter"),
                            ("verified", "verified"),
                            ("escalated", "escalated"),
                            ("decided", "is decided"),
                            ("withdrawn", "no longer stands"),
                        ],
                        default="submitted",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(null=True, verbose_name="level of the unit where it waits")),
                ("sent_at", models.DateTimeField(verbose_name="sent")),
                ("due_on", models.DateField(null=True, verbose_name="to be decided by")),
                ("overdue_at", models.DateTimeField(null=True, verbose_name="overdue since")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("act", "something is done"),
                            ("noted", "taken note of"),
                            ("dismissed", "nothing follows"),
                        ],
                        max_length=9,
                        verbose_name="decision",
                    ),
                ),
                ("words_back", models.CharField(blank=True, max_length=500, verbose_name="words to the submitter")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.unit"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitter",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="brands.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "retailer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="retail.retailer",
                        verbose_name="retailer",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="backend.unit",
                        verbose_name="territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "item of intelligence",
                "verbose_name_plural": "items of intelligence",
                "ordering": ("-sent_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="IntelligenceEvent",
            fields=[
                ("id", models.UUIDField(default=backend.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="moment")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("sent", "sent"),
                            ("edited", "edited"),
                            ("withdrawn", "no longer stands"),
                            ("returned", "returned to its submitter"),
                            ("verified", "verified"),
                            ("assigned", "assigned"),
                            ("escalated", "escalated"),
                            ("decided", "is decided"),
                            ("overdue", "overdue"),
                        ],
                        max_length=9,
                        verbose_name="act",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500, verbose_name="words")),
                ("before", models.JSONField(null=True, verbose_name="before")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="market.intelligenceitem",
                        verbose_name="item",
                    ),
                ),
            ],
            options={
                "verbose_name": "event of an item of intelligence",
                "verbose_name_plural": "events of items of intelligence",
                "ordering": ("at", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="intelligenceitem",
            index=models.Index(fields=["territory", "on_date"], name="intelligence_item_day"),
        ),
        migrations.AddIndex(
            model_name="intelligenceitem",
            index=models.Index(fields=["county", "kind", "on_date"], name="intelligence_item_alike"),
        ),
        migrations.AddIndex(
            model_name="intelligenceitem",
            index=models.Index(fields=["group_id"], name="intelligence_item_group"),
        ),
        migrations.AddIndex(
            model_name="intelligenceitem",
            index=models.Index(fields=["-sent_at", "-id"], name="intelligence_item_newest"),
        ),
        migrations.AddIndex(
            model_name="intelligenceitem",
            index=models.Index(
                condition=models.Q(("state__in", ("submitted", "verified", "escalated"))),
                fields=["due_on"],
                name="intelligence_item_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="intelligenceitem",
            constraint=models.UniqueConstraint(
                fields=("visit_id", "place_no", "kind", "is_restricted"), name="intelligence_item_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="intelligenceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "decided"), _negated=True),
                    models.Q(("decided_at__isnull", False), models.Q(("decision", ""), _negated=True)),
                    _connector="OR",
                ),
                name="intelligence_item_decided_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="intelligenceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "escalated"), _negated=True), ("level__in", (2, 3)), _connector="OR"
                ),
                name="intelligence_item_waits_somewhere",
            ),
        ),
        migrations.CreateModel(
            name="IntelligenceMorning",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "unit_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                (
                    "unit",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="backend.unit"),
                ),
            ],
        ),
    ]
