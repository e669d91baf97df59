-- The values of one collection that tell how things stand: of each site and measure those of its
-- newest slot that has one, and of each measure all those of England's slot. England's is the newest
-- slot that is closed (nobody is awaited any more) and has a value; so all that is added up for
-- England and its regions is of one time. A figure over another has both numbers, from one row.
--
-- Few slots can be any of these: all others are left out before each value gets a row of its own.
{% macro newest_slots() -%}
unnest([
{% for one in measures %}
               max(slot_start) FILTER ({{ one }} IS NOT NULL),
{% endfor %}
{% for one in ratios %}
               max(slot_start) FILTER ({{ one.measures | join(" IS NOT NULL AND ") }} IS NOT NULL),
{% endfor %}
               NULL
           ])
{%- endmacro %}
INSERT INTO temp.now_value BY NAME
WITH closed AS (
    SELECT coalesce(max(slot_start), TIMESTAMP 'infinity') AS last FROM warehouse.ops.slot
    WHERE collection = {{ collection | text }} AND late_after <= {{ now | instant }}
),
recent AS (
    SELECT * FROM temp.now_recent
    WHERE slot_start IN (
        SELECT {{ newest_slots() }} FROM temp.now_recent GROUP BY org_code, site_code
        UNION
        SELECT {{ newest_slots() }} FROM temp.now_recent
        WHERE slot_start <= (SELECT last FROM closed)
    )
),
told AS (
    SELECT org_code, site_code, slot_start, slot_end, measure, value AS numerator,
           NULL::DOUBLE AS denominator, submission_id, recorded_at
    FROM (
        UNPIVOT (
            SELECT org_code, site_code, slot_start, slot_end, submission_id, recorded_at
{% for one in measures %}
                   , {{ one }}::DOUBLE AS {{ one }}
{% endfor %}
            FROM recent
        )
        ON {{ measures | join(", ") }} INTO NAME measure VALUE value
    )
{% for one in ratios %}
    UNION ALL
    SELECT org_code, site_code, slot_start, slot_end, {{ one.name | text }},
           {{ one.numerator }}::DOUBLE{% if one.weight %} * {{ one.weight }}{% endif %},
           {{ one.denominator }}::DOUBLE, submission_id, recorded_at
    FROM recent
    WHERE {{ one.measures | join(" IS NOT NULL AND ") }} IS NOT NULL
{% endfor %}
),
newest AS (
    SELECT org_code, site_code, measure, max(slot_start) AS slot_start
    FROM told
    GROUP BY ALL
),
national AS (
    SELECT measure, max(slot_start) AS slot_start
    FROM told
    WHERE slot_start <= (SELECT last FROM closed)
    GROUP BY measure
)
SELECT {{ collection | text }} AS collection,
       t.*,
       s.received_at,
       t.slot_start = n.slot_start AS is_newest,
       coalesce(t.slot_start = e.slot_start, false) AS is_national
FROM told AS t
JOIN newest AS n
  ON n.org_code = t.org_code
 AND n.site_code IS NOT DISTINCT FROM t.site_code
 AND n.measure = t.measure
LEFT JOIN national AS e ON e.measure = t.measure
LEFT JOIN (
    SELECT submission_id, received_at FROM warehouse.ops.submission
    WHERE received_at >= {{ since | instant }}
) AS s ON s.submission_id = t.submission_id
WHERE t.slot_start = n.slot_start OR t.slot_start = e.slot_start
