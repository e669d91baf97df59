-- Takes back what the submissions in `entry` that were read again no longer give.
{% macro same_key() -%}
{% for name in key %}r.{{ name }} = h.{{ name }}{{ "" if loop.last else " AND " }}{% endfor %}
{%- endmacro %}

-- Rows that are not there any more, and those given while their feed was at another stage.
CREATE OR REPLACE TEMP TABLE retracted AS
SELECT {% for name in key %}h.{{ name }}, {% endfor %}h.submission_id
FROM {{ history }} AS h JOIN entry AS e USING (submission_id)
WHERE e.is_reprocessed
  AND h.superseded_at IS NULL
  AND (h.stage != e.stage OR NOT EXISTS (
      SELECT 1 FROM batch_rows AS r
      WHERE r.submission_number = e.submission_number AND {{ same_key() }}));

MERGE INTO {{ history }} AS h USING retracted AS r
   ON {{ same_key() }} AND h.submission_id = r.submission_id AND h.superseded_at IS NULL
WHEN MATCHED THEN UPDATE SET superseded_at = {{ moment | stored }};

INSERT INTO touched SELECT DISTINCT {{ time }} FROM retracted;

-- National figures likewise.
MERGE INTO warehouse.history.published_total AS h
USING (SELECT * FROM entry WHERE is_reprocessed) AS e
   ON h.collection = {{ collection | text }}
  AND h.submission_id = e.submission_id
  AND h.superseded_at IS NULL
WHEN MATCHED AND (h.stage != e.stage OR NOT EXISTS (
    SELECT 1 FROM batch_totals AS t
    WHERE t.submission_number = e.submission_number
      AND t.report_date = h.report_date AND t.measure = h.measure))
THEN UPDATE SET superseded_at = {{ moment | stored }};

INSERT INTO touched
SELECT DISTINCT report_date
FROM warehouse.history.published_total
WHERE collection = {{ collection | text }} AND superseded_at = {{ moment | stored }};

-- What a submission gave before it was read again is no longer what it gives.
DELETE FROM warehouse.ops.submission_slot
WHERE submission_id IN (SELECT submission_id FROM entry WHERE is_reprocessed);
