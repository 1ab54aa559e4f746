"""The statements that write visits with their lines, made of shared parts; run by visits/storing.py."""

from __future__ import annotations

_DOCUMENT = """
doc AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS d(
        id uuid, month date, sha256 text, retailer_id uuid, territory_id bigint, county_id bigint, on_date date,
        started_at timestamptz, ended_at timestamptz, device_started_at timestamptz, device_ended_at timestamptz,
        device_offset_s bigint, lon float8, lat float8, datum text, accuracy_m float8, distance_m float8, presence text,
        flags text[], away_reason text, persons_met text, note text, template_version_id bigint, display_score numeric,
        checks jsonb, observations jsonb, remarks jsonb, briefings jsonb, pitches jsonb, stop_id uuid,
        unplanned_reason text, purposes text[], tags text[], left_lon float8, left_lat float8, left_datum text,
        left_accuracy_m float8, left_distance_m float8, typed_s int, confirmed_by text, signature uuid,
        photos_declared int, score int, trainings jsonb, compliance jsonb, photos jsonb, revision int)
)"""
# What a visit's own row says that an edit may change, and how it is written; `fresh` is one row of the document.
_SAID = """retailer_id, territory_id, county_id, on_date,
        started_at, ended_at, device_started_at, device_ended_at, device_offset_s, lon, lat, datum,
        accuracy_m, distance_m, presence, flags, away_reason, persons_met, note, template_version_id, display_score,
        stop_id, unplanned_reason, purposes, tags, left_lon, left_lat, left_datum, left_accuracy_m, left_distance_m,
        typed_s, confirmed_by, signature_photo_id, photos_declared"""
_WRITTEN = """fresh.retailer_id, fresh.territory_id, fresh.county_id, fresh.on_date,
        fresh.started_at, fresh.ended_at, fresh.device_started_at, fresh.device_ended_at, fresh.device_offset_s,
        fresh.lon, fresh.lat, coalesce(fresh.datum, 'unknown'), fresh.accuracy_m, fresh.distance_m, fresh.presence,
        fresh.flags, coalesce(fresh.away_reason, ''), coalesce(fresh.persons_met, ''), coalesce(fresh.note, ''),
        fresh.template_version_id, fresh.display_score, fresh.stop_id, coalesce(fresh.unplanned_reason, ''),
        coalesce(fresh.purposes, '{}'), coalesce(fresh.tags, '{}'), fresh.left_lon, fresh.left_lat,
        fresh.left_datum, fresh.left_accuracy_m, fresh.left_distance_m, fresh.typed_s,
        coalesce(fresh.confirmed_by, ''), fresh.signature, coalesce(fresh.photos_declared, 0)"""
# What a person decided about a visit's place holds, whatever its author says anew: valid for the shop that it was said
# of, rejected for any.
_REWRITTEN = _WRITTEN.replace(
    "fresh.presence",
    "coalesce((SELECT d.presence FROM visits_presenceverdict d WHERE d.visit_id = fresh.id"
    " AND (d.presence = 'rejected' OR d.retailer_id = fresh.retailer_id)), fresh.presence)",
)
_LINES = """checks AS (
    INSERT INTO visits_checkline (month, visit_id, line_no, item_code, answer, passed, points, products, fixed,
        before_photo_id, after_photo_id)
    SELECT f.month, f.id, l.n, l.item_code, l.answer, l.passed, l.points, l.products, coalesce(l.fixed, false),
        l.before, l.after
    FROM fresh f, ROWS FROM (jsonb_to_recordset(f.checks) AS (item_code text, answer text, passed bool, points numeric,
        products bigint[], fixed bool, before uuid, after uuid)
    ) WITH ORDINALITY AS l(item_code, answer, passed, points, products, fixed, before, after, n)
), observations AS (
    INSERT INTO visits_observation (month, visit_id, line_no, product_id, on_shelf, carton_price_fen, pack_price_fen,
        stock_packs, facings, oos_days, confidence)
    SELECT f.month, f.id, l.n, l.product_id, l.on_shelf, l.carton_price_fen, l.pack_price_fen, l.stock_packs, l.facings,
        l.oos_days, l.confidence
    FROM fresh f, ROWS FROM (jsonb_to_recordset(f.observations) AS (product_id bigint, on_shelf bool,
        carton_price_fen int, pack_price_fen int, stock_packs int, facings int, oos_days int, confidence int)
    ) WITH ORDINALITY AS l(product_id, on_shelf, carton_price_fen, pack_price_fen, stock_packs, facings, oos_days,
        confidence, n)
), remarks AS (
    INSERT INTO visits_remark (month, visit_id, line_no, kind, product_id, policy_id, text, counter_proposal,
        confidence, place, campaign, price_fen, quantity, is_restricted)
    SELECT f.month, f.id, l.n, l.kind, l.product_id, l.policy_id, l.text, coalesce(l.counter_proposal, ''),
        l.confidence, coalesce(l.place, ''), coalesce(l.campaign, ''), l.price_fen, l.quantity, l.kind = 'irregular'
    FROM fresh f, ROWS FROM (jsonb_to_recordset(f.remarks) AS (kind text, product_id bigint, policy_id bigint,
        text text, counter_proposal text, confidence int, place text, campaign text, price_fen int, quantity int)
    ) WITH ORDINALITY AS l(kind, product_id, policy_id, text, counter_proposal, confidence, place, campaign, price_fen,
        quantity, n)
), briefings AS (
    INSERT INTO visits_briefing (month, visit_id, line_no, policy_version_id, told_to, understanding, question, channel,
        answers, passed, signature_photo_id, unanswered)
    SELECT f.month, f.id, l.n, l.policy_version_id, coalesce(l.told_to, ''), l.understanding, coalesce(l.question, ''),
        coalesce(l.channel, 'visit'), coalesce(l.answers, '[]'), l.passed, l.signature, coalesce(l.unanswered, false)
    FROM fresh f, ROWS FROM (jsonb_to_recordset(f.briefings) AS (policy_version_id bigint, told_to text,
        understanding int, question text, channel text, answers jsonb, passed bool, signature uuid, unanswered bool)
    ) WITH ORDINALITY AS l(policy_version_id, told_to, understanding, question, channel, answers, passed, signature,
        unanswered, n)
), pitches AS (
    INSERT INTO visits_pitch (month, visit_id, line_no, product_id, accepted, refusal, words)
    SELECT f.month, f.id, l.n, l.product_id, l.accepted, l.refusal, l.words FROM fresh f, ROWS FROM (
        jsonb_to_recordset(f.pitches) AS (product_id bigint, accepted bool, refusal text, words text)
    ) WITH ORDINALITY AS l(product_id, accepted, refusal, words, n)
), trainings AS (
    INSERT INTO visits_training (month, visit_id, line_no, topic, minutes, told_to, understanding)
    SELECT f.month, f.id, l.n, l.topic, l.minutes, coalesce(l.told_to, ''), l.understanding FROM fresh f, ROWS FROM (
        jsonb_to_recordset(f.trainings) AS (topic text, minutes int, told_to text, understanding int)
    ) WITH ORDINALITY AS l(topic, minutes, told_to, understanding, n)
), compliance AS (
    INSERT INTO visits_compliancecheck (month, visit_id, line_no, tags_shown, tags_missing, tags_mismatched,
        tags_altered, tags_over_cap, licence_shown, holder_trades, goods_genuine, minors_sign, id_asked, near_school,
        words)
    SELECT f.month, f.id, 1, l.tags_shown, l.tags_missing, l.tags_mismatched, l.tags_altered, l.tags_over_cap,
        l.licence_shown, l.holder_trades, l.goods_genuine, l.minors_sign, l.id_asked, l.near_school,
        coalesce(l.words, '')
    FROM fresh f, jsonb_to_recordset(f.compliance) AS l(tags_shown int, tags_missing int, tags_mismatched int,
        tags_altered int, tags_over_cap int, licence_shown bool, holder_trades bool, goods_genuine bool,
        minors_sign bool, id_asked bool, near_school bool, words text)
), photos AS (
    INSERT INTO visits_photo (month, visit_id, line_no, photo_id, sha256, size_bytes, taken_at, kind, item_code)
    SELECT f.month, f.id, l.n, l.id, decode(l.sha256, 'hex'), l.bytes, l.taken_at, l.kind, coalesce(l.item, '')
    FROM fresh f, ROWS FROM (jsonb_to_recordset(f.photos) AS (id uuid, sha256 text, bytes int, taken_at timestamptz,
        kind text, item text)
    ) WITH ORDINALITY AS l(id, sha256, bytes, taken_at, kind, item, n)
)"""
# Receipts are claimed in the order of their ids, so that two batches that share items cannot wait for each other. A
# lost claim (somebody else committed the id first) leaves its visit out of `fresh` and of the answer. An item that had
# been refused before and is accepted now leaves the quarantine. A shop's first score of a month counts, no other one:
# that it is in is noted beside the scores, which come in no order, so that nothing leads from the one to the other.
STORE = f"""
WITH {_DOCUMENT}, who AS MATERIALIZED (
    SELECT %s::uuid AS person_id, %s::uuid AS device_id, %s::timestamptz AS received_at
), claimed AS (
    INSERT INTO backend_receipt (submission_id, kind, sha256, person_id, month, received_at)
    SELECT id, 'visit', decode(sha256, 'hex'), person_id, month, received_at FROM doc, who ORDER BY id
    ON CONFLICT (submission_id) DO NOTHING RETURNING submission_id
), fresh AS MATERIALIZED (SELECT d.* FROM doc d JOIN claimed c ON c.submission_id = d.id
), visit AS (
    INSERT INTO visits_visit (id, month, person_id, device_id, received_at, {_SAID}, photos_missing)
    SELECT fresh.id, fresh.month, who.person_id, who.device_id, who.received_at, {_WRITTEN},
        coalesce(fresh.photos_declared, 0)
    FROM fresh, who
), {_LINES}, first_scored AS (
    INSERT INTO visits_scoredshop (month, retailer_id)
    SELECT DISTINCT month, retailer_id FROM fresh WHERE score IS NOT NULL ORDER BY month, retailer_id
    ON CONFLICT DO NOTHING RETURNING month, retailer_id
), scores AS (
    INSERT INTO visits_visitscore (month, territory_id, county_id, score)
    SELECT month, territory_id, county_id, score FROM (
        SELECT DISTINCT ON (f.month, f.retailer_id) f.month, f.territory_id, f.county_id, f.score
        FROM fresh f JOIN first_scored USING (month, retailer_id) WHERE f.score IS NOT NULL
        ORDER BY f.month, f.retailer_id, f.started_at, f.id) AS first
    ORDER BY random()
), mended AS (
    UPDATE backend_quarantined q SET state = 'resent', settled_at = who.received_at, settled_by_id = who.person_id,
        version = q.version + 1
    FROM claimed c, who
    WHERE q.person_id = who.person_id AND q.kind = 'visit' AND q.state = 'open'
        AND q.submission_id = c.submission_id
    RETURNING q.id, q.unit_id
)
SELECT true, submission_id, NULL::bigint FROM claimed UNION ALL SELECT false, id, unit_id FROM mended
"""  # noqa: S608  names of our own
REWRITE = f"""
WITH {_DOCUMENT}, fresh AS MATERIALIZED (SELECT * FROM doc), visit AS (
    UPDATE visits_visit v SET ({_SAID}) = ROW({_REWRITTEN}), revision = fresh.revision,
        content_sha256 = decode(fresh.sha256, 'hex'),
        photos_missing = coalesce(fresh.photos_declared, 0)
    FROM fresh WHERE v.id = fresh.id AND v.month = fresh.month
), {_LINES}
SELECT count(*) FROM fresh
"""  # noqa: S608  names of our own
