import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backend", "0012_quarantined_open"),
        ("market", "0005_collection_points_and_samples"),
    ]

    operations = [
        migrations.AddField(
            model_name="unitmonth",
            name="display_points",
            field=models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=14),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="display_points_full",
            field=models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=14),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="licence_looks",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="licence_right",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="minors_looks",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="minors_right",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="needs_closed",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="needs_raised",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="orders",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="promises_due",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="promises_kept",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="repair_days",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="repairs_mended",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="repairs_overdue",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="replies_due",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="replies_in_time",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="scores",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="scores_sum",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="shops_closed",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="shops_new",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="shops_understood",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="tags_right",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="tags_shown",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="tier_down",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitmonth",
            name="tier_up",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="asked",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="counted",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_demanding",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="demanded",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="demanded_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="end_stock_packs",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="filled_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="offered_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="on_shelf_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="ordered_packs",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="out",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="price_at_guide",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="price_compared",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="refused",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shelf_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_again",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_before",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_last",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_now",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_offered",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="shops_taken",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="sold_packs",
            field=models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=16),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="stock_before_packs",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="unitproductmonth",
            name="taken_cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="briefings",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="checks",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="managers",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="notes",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="observations",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="pitches",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="pitches_accepted",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="remarks",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="score_sum",
            field=models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=14),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="shops_briefed",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="shops_due",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="shops_seen",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="visits",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitmonth",
            name="visits_to_verify",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="amount_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="cartons",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="facings_n",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="facings_sum",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="observations",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="on_shelf",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="oos_days_sum",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="oos_n",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="oos_shops",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="price_n",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="price_sum_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="shelf_n",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="stock_n",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="unitproductmonth",
            name="stock_sum_packs",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="UnitStratum",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "unit_id", "stratum", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("stratum", models.PositiveSmallIntegerField()),
                ("shops", models.PositiveIntegerField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="backend.unit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnitStratumMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month",
                        "unit_id",
                        "stratum",
                        "subject_kind",
                        "subject_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                ("stratum", models.PositiveSmallIntegerField()),
                (
                    "subject_kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "all products"),
                            (1, "brand"),
                            (2, "price class"),
                            (3, "price band"),
                            (4, "product"),
                        ]
                    ),
                ),
                ("subject_id", models.BigIntegerField(db_default=0, default=0)),
                ("points", models.PositiveIntegerField(db_default=0, default=0)),
                ("sold", models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=18)),
                ("sold_squares", models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=24)),
                ("stock", models.BigIntegerField(db_default=0, default=0)),
                ("stock_squares", models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=24)),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="backend.unit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UnitSubjectMonth",
            fields=[
                ("month", models.DateField()),
                ("observations", models.PositiveIntegerField(db_default=0, default=0)),
                ("price_n", models.PositiveIntegerField(db_default=0, default=0)),
                ("price_sum_fen", models.BigIntegerField(db_default=0, default=0)),
                ("price_compared", models.PositiveIntegerField(db_default=0, default=0)),
                ("price_at_guide", models.PositiveIntegerField(db_default=0, default=0)),
                ("stock_n", models.PositiveIntegerField(db_default=0, default=0)),
                ("stock_sum_packs", models.BigIntegerField(db_default=0, default=0)),
                ("facings_n", models.PositiveIntegerField(db_default=0, default=0)),
                ("facings_sum", models.BigIntegerField(db_default=0, default=0)),
                ("oos_n", models.PositiveIntegerField(db_default=0, default=0)),
                ("oos_days_sum", models.BigIntegerField(db_default=0, default=0)),
                ("oos_shops", models.PositiveIntegerField(db_default=0, default=0)),
                ("shelf_n", models.PositiveIntegerField(db_default=0, default=0)),
                ("on_shelf", models.PositiveIntegerField(db_default=0, default=0)),
                ("shelf_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("on_shelf_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("cartons", models.BigIntegerField(db_default=0, default=0)),
                ("amount_fen", models.BigIntegerField(db_default=0, default=0)),
                ("shops_now", models.PositiveIntegerField(db_default=0, default=0)),
                ("shops_last", models.PositiveIntegerField(db_default=0, default=0)),
                ("shops_again", models.PositiveIntegerField(db_default=0, default=0)),
                ("shops_before", models.PositiveIntegerField(db_default=0, default=0)),
                ("shops_demanding", models.PositiveIntegerField(db_default=0, default=0)),
                ("demanded", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("demanded_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("filled_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("offered_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("taken_cartons", models.BigIntegerField(db_default=0, default=0)),
                ("shops_offered", models.PositiveIntegerField(db_default=0, default=0)),
                ("shops_taken", models.PositiveIntegerField(db_default=0, default=0)),
                ("asked", models.PositiveIntegerField(db_default=0, default=0)),
                ("out", models.PositiveIntegerField(db_default=0, default=0)),
                ("counted", models.PositiveIntegerField(db_default=0, default=0)),
                ("stock_before_packs", models.BigIntegerField(db_default=0, default=0)),
                ("ordered_packs", models.BigIntegerField(db_default=0, default=0)),
                ("end_stock_packs", models.BigIntegerField(db_default=0, default=0)),
                ("sold_packs", models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=16)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month",
                        "unit_id",
                        "segment_kind",
                        "segment_value",
                        "subject_kind",
                        "subject_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "segment_kind",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "all shops"), (1, "market type"), (2, "business type"), (3, "tier")], default=0
                    ),
                ),
                ("segment_value", models.CharField(blank=True, db_default="", default="", max_length=2)),
                (
                    "subject_kind",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "all products"),
                            (1, "brand"),
                            (2, "price class"),
                            (3, "price band"),
                            (4, "product"),
                        ]
                    ),
                ),
                ("subject_id", models.BigIntegerField(db_default=0, default=0)),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="backend.unit"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="UnitVolumeCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "unit_id", "cartons", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("cartons", models.PositiveIntegerField()),
                ("shops", models.PositiveIntegerField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="backend.unit"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="rollupturn",
            name="goods",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.CreateModel(
            name="RollupCheck",
            fields=[
                ("on_date", models.DateField(primary_key=True, serialize=False)),
                ("checked_at", models.DateTimeField()),
                ("keys", models.PositiveIntegerField()),
                ("differing", models.JSONField(default=list)),
            ],
        ),
    ]
