-- The newest value of each measure of each trust, service or contract area. Where a row is a site it
-- follows from the sites that gave the measure in the trust's newest slot; `reporting` of `expected`
-- are sites then. An organisation that is expected and gave nothing lately has no value.
WITH newest AS (
    SELECT *
    FROM temp.now_value
    WHERE is_newest
    QUALIFY slot_start = max(slot_start) OVER (PARTITION BY collection, org_code, measure)
),
given AS (
    SELECT v.collection,
           v.org_code,
           v.measure,
           {{ figure }},
           any_value(v.slot_start) AS slot_start,
           any_value(v.slot_end) AS slot_end,
           count(v.site_code) AS reporting,
           list(v.site_code) AS sites,
           max(v.received_at) AS received_at,
           max(v.recorded_at) AS recorded_at
    FROM newest AS v
    JOIN temp.now_measure AS m USING (collection, measure)
    WHERE NOT m.has_sites OR m.kind IN ('sum', 'max', 'ratio')
    GROUP BY v.collection, v.org_code, v.measure
),
wanted AS (
    SELECT collection, org_code, measure
    FROM (SELECT DISTINCT collection, org_code FROM temp.now_expected)
    JOIN temp.now_measure AS m USING (collection)
    WHERE NOT m.has_sites OR m.kind IN ('sum', 'max', 'ratio')
    UNION
    SELECT collection, org_code, measure FROM given
),
site AS (
    SELECT collection, org_code, list(DISTINCT site_code) AS sites
    FROM temp.now_expected
    WHERE site_code IS NOT NULL
    GROUP BY collection, org_code
)
SELECT w.collection,
       w.org_code,
       p.name AS org_name,
       p.region_code,
       p.region_name,
       w.measure,
       g.value,
       m.unit,
       g.numerator,
       g.denominator,
       g.slot_start,
       g.slot_end,
       london_time(g.slot_end) AS slot_end_london,
       date_diff('minute', g.slot_end, {{ now | instant }}) AS age_minutes,
       CASE WHEN m.has_sites THEN coalesce(g.reporting, 0) END AS sites_reporting,
       CASE WHEN m.has_sites
            THEN len(list_distinct(coalesce(s.sites, []) || coalesce(g.sites, []))) END
           AS sites_expected,
       nullif(array_to_string(list_sort(list_filter(
           coalesce(s.sites, []), lambda one: NOT list_contains(coalesce(g.sites, []), one)
       )), ', '), '') AS sites_missing,
       g.received_at,
       g.recorded_at
FROM wanted AS w
JOIN temp.now_measure AS m USING (collection, measure)
LEFT JOIN given AS g USING (collection, org_code, measure)
LEFT JOIN site AS s USING (collection, org_code)
LEFT JOIN temp.now_place AS p ON p.code = w.org_code
ORDER BY w.collection, m.place, w.org_code
