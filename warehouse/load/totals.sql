-- The national figures in `batch_totals` are in `history.published_total` as revisions, as the files
-- would leave them one by one. A figure counts if no file that was made later came before; `said_at` of
-- what is held is that of the last file that says it. What is held of a figure stands before the batch.
-- Of what is read again only the figure made last counts, and its own file may always change it.
CREATE OR REPLACE TEMP TABLE compared AS
WITH told AS (
    SELECT report_date, measure, value, submission_id, feed_id, stage, said_at, came
    FROM batch_totals JOIN entry USING (submission_number)
{% if is_again %}
    QUALIFY position = max(position) OVER (PARTITION BY report_date, measure, stage)
{% endif %}
), stated AS (
    FROM told
    UNION ALL
    SELECT report_date, measure, value, submission_id, feed_id, stage, said_at, -1
    FROM warehouse.history.published_total
    WHERE collection = {{ collection | text }} AND superseded_at IS NULL
      AND (report_date, measure, stage) IN (SELECT (report_date, measure, stage) FROM told)
), counting AS (
    SELECT *
    FROM stated
    WINDOW figure AS (PARTITION BY report_date, measure, stage ORDER BY came)
    QUALIFY said_at >= max(said_at) OVER figure
{% if is_again %}
         OR submission_id = first_value(submission_id) OVER figure
{% endif %}
), changing AS (
    SELECT *, value IS DISTINCT FROM lag(value) OVER (
                  PARTITION BY report_date, measure, stage ORDER BY came) AS is_changed
    FROM counting
), numbered AS (
    SELECT *, count(*) FILTER (is_changed)
                  OVER (PARTITION BY report_date, measure, stage ORDER BY came) AS revision
    FROM changing
), revised AS (
    SELECT report_date, measure, stage, revision, min(came) = -1 AS is_held, max(said_at) AS said_at,
           arg_min({'value': value, 'submission_id': submission_id, 'feed_id': feed_id}, came)
               AS first
    FROM numbered
    GROUP BY ALL
), timed AS (
    SELECT *,
           {{ moment | stored }} + to_microseconds(count(*) FILTER (NOT is_held) OVER (
               PARTITION BY report_date, measure, stage ORDER BY revision) - 1) AS recorded_at
    FROM revised
)
SELECT report_date, measure, stage, first, is_held, said_at, recorded_at,
       lead(recorded_at) OVER (PARTITION BY report_date, measure, stage ORDER BY revision)
           AS superseded_at
FROM timed;

MERGE INTO warehouse.history.published_total AS h
USING (SELECT * FROM compared WHERE is_held) AS c
   ON h.collection = {{ collection | text }} AND h.report_date = c.report_date
  AND h.measure = c.measure AND h.stage = c.stage AND h.superseded_at IS NULL
WHEN MATCHED AND (c.superseded_at IS NOT NULL OR c.said_at > h.said_at)
THEN UPDATE SET superseded_at = c.superseded_at, said_at = c.said_at;

INSERT INTO warehouse.history.published_total
SELECT {{ collection | text }}, report_date, measure, first.value, first.submission_id, stage, said_at,
       recorded_at, superseded_at, first.feed_id
FROM compared
WHERE NOT is_held;

INSERT INTO touched SELECT DISTINCT report_date FROM compared WHERE NOT is_held;
