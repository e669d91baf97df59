-- Each measure of {{ "each region" if has_regions else "England" }} in England's slot: the newest slot that is closed and
-- has a value. What several organisations gave is added up, or the largest of it is taken, over those
-- who gave it and nobody else; `reporting` of `expected` are organisations, `missing` names the others.
WITH given AS (
    SELECT v.collection,
           v.measure,
           {{ "coalesce(p.region_code, '')" if has_regions else "'England'" }} AS area,
           {{ figure }},
           list(DISTINCT v.org_code) AS codes,
           count(v.site_code) AS sites_reporting,
           max(v.received_at) AS received_at,
           max(v.recorded_at) AS recorded_at
    FROM temp.now_value AS v
    JOIN temp.now_measure AS m USING (collection, measure)
    LEFT JOIN temp.now_place AS p ON p.code = v.org_code
    WHERE v.is_national AND m.kind != 'none'
    GROUP BY v.collection, v.measure, area
),
slot AS (
    SELECT collection, measure, any_value(slot_start) AS slot_start, any_value(slot_end) AS slot_end
    FROM temp.now_value
    WHERE is_national
    GROUP BY collection, measure
),
wanted AS (
    SELECT collection,
           {{ "coalesce(e.region_code, '')" if has_regions else "'England'" }} AS area,
           list(DISTINCT {org_code: org_code, org_name: org_name}) AS organisations,
           count(DISTINCT site_code) AS sites
    FROM temp.now_expected AS e
    GROUP BY collection, area
),
place AS (
    SELECT w.collection, w.area, m.measure
    FROM wanted AS w
    JOIN temp.now_measure AS m USING (collection)
    WHERE m.kind != 'none'
    UNION
    SELECT collection, area, measure FROM given
)
SELECT a.collection,
{% if has_regions %}
       nullif(a.area, '') AS region_code,
       r.region_name,
{% endif %}
       a.measure,
       g.value,
       m.unit,
       g.numerator,
       g.denominator,
       t.slot_start,
       t.slot_end,
       london_time(t.slot_end) AS slot_end_london,
       date_diff('minute', t.slot_end, {{ now | instant }}) AS age_minutes,
       coalesce(len(g.codes), 0) AS reporting,
       CASE WHEN w.organisations IS NOT NULL THEN len(list_distinct(
           list_transform(w.organisations, lambda one: one.org_code) || coalesce(g.codes, [])
       )) END AS expected,
       m.organisations,
       nullif(array_to_string(list_sort(list_transform(
           list_filter(w.organisations, lambda one: NOT list_contains(coalesce(g.codes, []), one.org_code)),
           lambda one: one.org_code || coalesce(' ' || one.org_name, '')
       )), '; '), '') AS missing,
       CASE WHEN m.has_sites THEN coalesce(g.sites_reporting, 0) END AS sites_reporting,
       CASE WHEN m.has_sites AND w.sites > 0 THEN greatest(w.sites, g.sites_reporting) END
           AS sites_expected,
       g.received_at,
       g.recorded_at
FROM place AS a
JOIN temp.now_measure AS m USING (collection, measure)
LEFT JOIN given AS g USING (collection, area, measure)
LEFT JOIN wanted AS w USING (collection, area)
LEFT JOIN slot AS t USING (collection, measure)
{% if has_regions %}
LEFT JOIN (SELECT DISTINCT region_code, region_name FROM temp.now_place) AS r
       ON r.region_code = a.area
{% endif %}
ORDER BY a.collection, m.place{% if has_regions %}, a.area{% endif %}
