-- What revisions changed after `since`, by measure: each value's first before and its last after.
WITH turned AS (
    SELECT collection, measure, org_code, site_code, slot_start,
           any_value(org_name) AS org_name,
           first(value_before ORDER BY changed_at) AS value_before,
           last(value_after ORDER BY changed_at) AS value_after
    FROM change
    WHERE changed_at > {{ since | stored }}
    GROUP BY collection, measure, org_code, site_code, slot_start
)
SELECT collection, measure,
       count(*) AS revised,
       count(DISTINCT org_code) AS organisations,
       count_if(value_after > value_before) AS raised,
       count_if(value_after < value_before) AS lowered,
       count_if(value_before IS NULL) AS added,
       count_if(value_after IS NULL) AS taken_back,
       min(slot_start) AS first_slot,
       max(slot_start) AS last_slot,
       arg_max(
           {
               'org_code': org_code,
               'org_name': org_name,
               'site_code': site_code,
               'slot_start': slot_start,
               'value_before': value_before,
               'value_after': value_after
           },
           abs(value_after - value_before)
       ) AS largest
FROM turned
WHERE value_before IS DISTINCT FROM value_after
GROUP BY collection, measure
ORDER BY revised DESC, collection, measure
