-- The newest value of each measure of each site, with how old it is.
SELECT v.collection,
       v.org_code,
       p.name AS org_name,
       v.site_code,
       p.region_code,
       p.region_name,
       v.measure,
       CASE m.kind WHEN 'ratio' THEN m.factor * v.numerator / nullif(v.denominator, 0)
                   ELSE v.numerator END AS value,
       m.unit,
       CASE m.kind WHEN 'ratio' THEN v.numerator END AS numerator,
       v.denominator,
       v.slot_start,
       v.slot_end,
       london_time(v.slot_end) AS slot_end_london,
       date_diff('minute', v.slot_end, {{ now | instant }}) AS age_minutes,
       v.received_at,
       v.recorded_at,
       v.submission_id
FROM temp.now_value AS v
JOIN temp.now_measure AS m USING (collection, measure)
LEFT JOIN temp.now_place AS p ON p.code = v.org_code
WHERE v.is_newest AND m.has_sites
ORDER BY v.collection, m.place, v.org_code, v.site_code
