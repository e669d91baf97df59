-- England's and its regions' figures beside the four weeks before, each of the same organisations: those that
-- gave the measure now and in every week that at least {{ least_part }} of them gave it in, from as many sites.
-- Week 0 is now; `slots` are England's, and the same weekday and time in London of the weeks before.
WITH area AS (
    SELECT 'england' AS area, '' AS code, collection, measure, slot_start, reporting
    FROM now_england
    WHERE value IS NOT NULL
    UNION ALL
    SELECT 'region', region_code, collection, measure, slot_start, reporting
    FROM now_region
    WHERE value IS NOT NULL AND region_code IS NOT NULL
),
place AS (
    SELECT DISTINCT collection, org_code, region_code FROM now_trust
),
told AS MATERIALIZED (
    SELECT collection, org_code, measure, value, denominator, sites_reporting, slot_start, slot_start_london
    FROM trust_slot
    WHERE collection NOT IN {{ daily | texts }} AND value IS NOT NULL
      AND (false
{% for one in slots %}
           OR slot_start BETWEEN {{ one.first }} AND {{ one.last }}
{% endfor %}
      )
),
given AS (
    SELECT a.*, t.org_code, t.value, t.denominator, t.sites_reporting, t.slot_start_london
    FROM area AS a
    JOIN told AS t USING (collection, measure, slot_start)
    JOIN place AS p USING (collection, org_code)
    WHERE a.area = 'england' OR p.region_code = a.code
),
past AS (
    SELECT g.area, g.code, g.collection, g.measure, g.org_code, g.reporting, g.week, t.value, t.denominator
    FROM (SELECT *, unnest(range(1, 5)) AS week FROM given) AS g
    JOIN told AS t
      ON t.collection = g.collection
     AND t.measure = g.measure
     AND t.org_code = g.org_code
     AND t.sites_reporting IS NOT DISTINCT FROM g.sites_reporting
     AND t.slot_start_london = g.slot_start_london - to_days(7 * g.week::INTEGER)
    -- An hour comes twice when the clocks go back.
    QUALIFY row_number() OVER (
        PARTITION BY g.area, g.code, g.collection, g.measure, g.org_code, g.week ORDER BY t.slot_start
    ) = 1
),
full_week AS (
    SELECT area, code, collection, measure, week
    FROM past
    GROUP BY ALL
    HAVING count(*) >= {{ least_part }} * any_value(reporting)
),
common AS (
    SELECT area, code, collection, measure, org_code
    FROM past
    JOIN full_week USING (area, code, collection, measure, week)
    JOIN (
        SELECT area, code, collection, measure, count(*) AS weeks FROM full_week GROUP BY ALL
    ) USING (area, code, collection, measure)
    GROUP BY area, code, collection, measure, org_code
    HAVING count(*) = any_value(weeks)
),
figure AS (
    SELECT area, code, collection, measure, week,
           CASE WHEN any_value(denominator) IS NOT NULL
                THEN fsum(value * denominator) / nullif(fsum(denominator), 0)
                WHEN concat_ws('.', collection, measure) IN {{ largest | texts }} THEN max(value)
                ELSE fsum(value) END AS value,
           count(*) AS organisations
    FROM (
        SELECT area, code, collection, measure, org_code, 0 AS week, value, denominator FROM given
        UNION ALL
        SELECT area, code, collection, measure, org_code, week, value, denominator
        FROM past
        SEMI JOIN full_week USING (area, code, collection, measure, week)
    )
    SEMI JOIN common USING (area, code, collection, measure, org_code)
    GROUP BY area, code, collection, measure, week
)
SELECT area, nullif(code, '') AS code, collection, measure,
       any_value(value) FILTER (week = 0) AS value,
       min(value) FILTER (week > 0) AS lowest,
       max(value) FILTER (week > 0) AS highest,
       any_value(organisations) AS organisations,
       count_if(week > 0) AS weeks
FROM figure
WHERE concat_ws('.', collection, measure) NOT IN {{ counted | texts }}
GROUP BY area, code, collection, measure
