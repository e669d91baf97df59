-- Values of the feed for slots from `first` on stand under the stage `to` from `moment` on, and no
-- more under `from`. `touched` gets their slots.
{% macro same(one, other) -%}
{% for name in key %}{{ one }}.{{ name }} = {{ other }}.{{ name }}{{ "" if loop.last else " AND " }}{% endfor %}
{%- endmacro %}

CREATE OR REPLACE TEMP TABLE moving AS
SELECT * FROM {{ history }}
WHERE feed_id = {{ feed_id | text }} AND stage = {{ source | text }} AND superseded_at IS NULL
  AND {{ time }} >= {{ first }};

-- Where a value is held under the other stage already, the file made last counts, measure by measure.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT {% for name in key %}m.{{ name }}, {% endfor %}
{% for name, bit in bits.items() %}
       CASE WHEN t.submission_id IS NULL OR m.carried & {{ 2 ** bit }} != 0 THEN m.{{ name }}
            ELSE coalesce(m.{{ name }}, t.{{ name }}) END AS {{ name }},
{% endfor %}
       m.carried, m.confirmed, m.confirmed_at, m.submission_id, m.feed_id, m.said_at,
       t.submission_id IS NOT NULL AS is_over
FROM moving AS m
LEFT JOIN {{ history }} AS t
       ON {{ same("t", "m") }} AND t.stage = {{ target | text }} AND t.superseded_at IS NULL
      AND t.{{ time }} >= {{ first }}
WHERE t.submission_id IS NULL OR m.said_at >= t.said_at;

-- What another live feed had given, and this one had replaced, stands again.
CREATE OR REPLACE TEMP TABLE restored AS
SELECT o.*
FROM {{ history }} AS o JOIN moving AS m ON {{ same("m", "o") }}
WHERE o.stage = {{ source | text }} AND o.feed_id IN {{ others | texts }}
  AND o.{{ time }} >= {{ first }}
  AND EXISTS (
      SELECT 1 FROM {{ history }} AS n
      WHERE {{ same("n", "o") }} AND n.stage = o.stage AND n.feed_id = {{ feed_id | text }}
        AND n.recorded_at = o.superseded_at)
QUALIFY row_number() OVER (
    PARTITION BY {% for name in key %}o.{{ name }}{{ "" if loop.last else ", " }}{% endfor %}
    ORDER BY o.recorded_at DESC) = 1;

MERGE INTO {{ history }} AS h
USING (
    SELECT {% for name in key %}{{ name }}, {% endfor %}{{ source | text }} AS stage FROM moving
    UNION ALL
    SELECT {% for name in key %}{{ name }}, {% endfor %}{{ target | text }} FROM moved WHERE is_over
) AS c
   ON {{ same("c", "h") }} AND h.stage = c.stage AND h.superseded_at IS NULL
  AND h.{{ time }} >= {{ first }}
WHEN MATCHED THEN UPDATE SET superseded_at = {{ moment | stored }};

INSERT INTO {{ history }}
    ({{ columns }}, carried, confirmed, confirmed_at, submission_id, feed_id, stage, said_at, recorded_at)
SELECT {{ columns }}, carried, confirmed, confirmed_at, submission_id, feed_id, {{ target | text }},
       said_at, {{ moment | stored }}
FROM moved
UNION ALL
SELECT {{ columns }}, carried, confirmed, confirmed_at, submission_id, feed_id, stage, said_at,
       {{ moment | stored }}
FROM restored
ORDER BY {{ time }};

-- National figures that its files state, likewise.
CREATE OR REPLACE TEMP TABLE moved_total AS
SELECT * FROM warehouse.history.published_total
WHERE collection = {{ collection | text }} AND feed_id = {{ feed_id | text }}
  AND stage = {{ source | text }} AND superseded_at IS NULL AND report_date >= DATE '{{ day }}';

MERGE INTO warehouse.history.published_total AS h
USING moved_total AS c
   ON h.collection = c.collection AND h.report_date = c.report_date AND h.measure = c.measure
  AND h.superseded_at IS NULL
  AND (h.stage = c.stage OR (h.stage = {{ target | text }} AND h.said_at <= c.said_at))
WHEN MATCHED THEN UPDATE SET superseded_at = {{ moment | stored }};

INSERT INTO warehouse.history.published_total
    (collection, report_date, measure, value, submission_id, stage, said_at, recorded_at, feed_id)
SELECT collection, report_date, measure, value, submission_id, {{ target | text }}, said_at,
       {{ moment | stored }}, feed_id
FROM moved_total AS c
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.history.published_total AS h
    WHERE h.collection = c.collection AND h.report_date = c.report_date AND h.measure = c.measure
      AND h.stage = {{ target | text }} AND h.superseded_at IS NULL);

INSERT INTO touched
SELECT DISTINCT {{ time }} FROM moving
{% if is_daily %}
UNION
SELECT report_date FROM moved_total
{% endif %}
