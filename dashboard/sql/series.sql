-- Each measure of {{ area.name }} in `told`, beside the same weekday and time in London of the four weeks before:
-- one row for each area and measure, its slots as lists in their order. Who gave a figure of the weeks
-- before is not asked, because to count them takes longer than all else.
WITH past AS MATERIALIZED (
    SELECT collection, {{ area.code }} AS code, measure, value, slot_start_london
    FROM {{ area.name }}_slot
    WHERE (false
{% for week in weeks %}
       OR slot_start BETWEEN {{ week.first }} AND {{ week.last }}
{% endfor %}
    )
{% if measures is not none %}
      AND measure IN {{ measures | texts }}
{% endif %}
),
beside AS (
    SELECT s.collection, s.code, s.measure, s.slot_start,
           any_value(s.value) AS value,
           any_value(s.is_whole) AS is_whole,
           min(p.value) AS lowest,
           median(p.value) AS median,
           max(p.value) AS highest
    FROM (SELECT *, unnest(range(1, 5)) AS week FROM temp.told) AS s
    LEFT JOIN past AS p
           ON p.collection = s.collection
          AND p.code IS NOT DISTINCT FROM s.code
          AND p.measure = s.measure
          AND p.slot_start_london = s.slot_start_london - to_days(7 * s.week::INTEGER)
    GROUP BY s.collection, s.code, s.measure, s.slot_start
)
SELECT collection, code, measure,
       list(slot_start ORDER BY slot_start) AS times,
       list(value ORDER BY slot_start) AS "values",
       list(is_whole ORDER BY slot_start) AS whole,
       list(lowest ORDER BY slot_start) AS lowest,
       list(median ORDER BY slot_start) AS median,
       list(highest ORDER BY slot_start) AS highest
FROM beside
GROUP BY collection, code, measure
