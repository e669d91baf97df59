-- The ledger as it was at `moment`, from a publication that was made later. A file that was read again
-- afterwards counts as not read yet. What came of a feed in all is what is told later, without what
-- came since.
CREATE TEMP TABLE come AS
SELECT *, received_at <= {{ moment | instant }} AND settled_at <= {{ moment | instant }} AS was_there
FROM later.main.submission;

INSERT INTO warehouse.ops.submission BY NAME
SELECT * EXCLUDE (was_there) FROM come WHERE was_there;

INSERT INTO warehouse.ops.load BY NAME
SELECT max(settled_at) AS settled_at, count(*) AS submissions FROM warehouse.ops.submission;

INSERT INTO warehouse.ops.watch BY NAME
SELECT concat_ws(' ', code, collection, feed_id, subject) AS finding_key,
       code, collection, feed_id, subject, since, first_seen_at,
       least(last_seen_at, {{ moment | instant }}) AS last_seen_at,
       CASE WHEN ended_at <= {{ moment | instant }} THEN ended_at END AS ended_at,
       message, fix
FROM later.main.watch
WHERE first_seen_at <= {{ moment | instant }};

INSERT INTO warehouse.history.published_total BY NAME
SELECT collection, report_date, measure, value, submission_id, 'live' AS stage, recorded_at,
       CASE WHEN superseded_at <= {{ moment | instant }} THEN superseded_at END AS superseded_at
FROM later.revisions.published_total
WHERE recorded_at <= {{ moment | instant }}
{% for mart in marts %}
UNION ALL BY NAME
SELECT collection, {{ mart.time_column }} AS report_date, measure, published_value AS value,
       'live' AS stage, TIMESTAMP '2000-01-01' AS recorded_at
FROM later.main.{{ mart.table }} AS d
WHERE published_value IS NOT NULL
  AND NOT EXISTS (
      FROM later.revisions.published_total AS t
      WHERE t.collection = d.collection AND t.report_date = d.{{ mart.time_column }}
        AND t.measure = d.measure
  )
{% endfor %};
