-- What revisions changed in the values of live feeds of one collection since `since`: each measure that
-- is another one now, with the value before and after. A value that was taken back has none after. What
-- one load recorded and superseded at the same moment was never seen, and is no change. With `revised_at`
-- only what was superseded at one of these moments is told.
INSERT INTO temp.now_change
SELECT {{ collection | text }} AS collection,
       c.{{ organisation }} AS org_code,
       p.name AS org_name,
       {{ "c." ~ site if site else "NULL::VARCHAR" }} AS site_code,
{% if is_daily %}
       london_day_start(c.{{ time }}) AS slot_start,
{% else %}
       c.{{ time }} AS slot_start,
{% endif %}
       c.figure.measure AS measure,
       c.figure.before AS value_before,
       c.figure.after AS value_after,
       c.changed_at,
       c.submission_before,
       c.submission_after
FROM (
    SELECT {% for name in key %}o.{{ name }}, {% endfor %}
           o.superseded_at AS changed_at,
           o.submission_id AS submission_before,
           n.submission_id AS submission_after,
           unnest([
{% for name in measures %}
               {measure: {{ name | text }}, before: o.{{ name }}::DOUBLE, after: n.{{ name }}::DOUBLE}{{ "" if loop.last else "," }}
{% endfor %}
           ]) AS figure
    FROM {{ history }} AS o
    LEFT JOIN {{ history }} AS n
           ON {% for name in key %}n.{{ name }} = o.{{ name }} AND {% endfor %}
              n.recorded_at = o.superseded_at
          AND n.recorded_at >= {{ since | instant }}
{% if revised_at %}
          AND n.recorded_at IN ({{ revised_at }})
{% endif %}
          AND n.stage = 'live'
          AND coalesce(n.superseded_at, TIMESTAMP 'infinity') > n.recorded_at
    WHERE o.superseded_at >= {{ since | instant }}
{% if revised_at %}
      AND o.superseded_at IN ({{ revised_at }})
{% endif %}
      AND o.recorded_at < o.superseded_at
      AND o.stage = 'live'
) AS c
LEFT JOIN temp.now_place AS p ON p.code = c.{{ organisation }}
WHERE c.figure.before IS DISTINCT FROM c.figure.after
