-- The national figures in `batch_totals` are in `history.published_total` as revisions.
CREATE OR REPLACE TEMP TABLE compared AS
SELECT t.report_date, t.measure, t.value, t.submission_id, t.feed_id, t.stage, t.said_at,
       h.submission_id IS NOT NULL AS is_held
FROM (
    SELECT *, row_number() OVER (PARTITION BY report_date, measure, stage
                                 ORDER BY position DESC) AS newest
    FROM batch_totals JOIN entry USING (submission_number)
) AS t
LEFT JOIN warehouse.history.published_total AS h
       ON h.collection = {{ collection | text }} AND h.report_date = t.report_date
      AND h.measure = t.measure AND h.stage = t.stage AND h.superseded_at IS NULL
WHERE t.newest = 1
  AND h.value IS DISTINCT FROM t.value
  AND (h.said_at IS NULL OR h.said_at <= t.said_at);

MERGE INTO warehouse.history.published_total AS h
USING (SELECT * FROM compared WHERE is_held) AS c
   ON h.collection = {{ collection | text }} AND h.report_date = c.report_date
  AND h.measure = c.measure AND h.stage = c.stage AND h.superseded_at IS NULL
WHEN MATCHED THEN UPDATE SET superseded_at = {{ moment | stored }};

INSERT INTO warehouse.history.published_total
SELECT {{ collection | text }}, report_date, measure, value, submission_id, stage, said_at,
       {{ moment | stored }}, NULL, feed_id
FROM compared;

INSERT INTO touched SELECT DISTINCT report_date FROM compared;
