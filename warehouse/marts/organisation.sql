-- Every organisation that is or was in use, with its region today and its first successor.
SELECT o.org_code,
       o.org_name,
       o.org_type,
       o.open_date,
       o.close_date,
       r.region_code,
       g.region_name,
       s.successor_code
FROM warehouse.ref.organisation AS o
LEFT JOIN (
    SELECT org_code, arg_max(region_code, valid_from) AS region_code
    FROM warehouse.ref.organisation_region
    GROUP BY org_code
) AS r USING (org_code)
LEFT JOIN (
    SELECT region_code, arg_max(region_name, valid_from) AS region_name
    FROM warehouse.ref.region
    GROUP BY region_code
) AS g USING (region_code)
LEFT JOIN (
    SELECT predecessor_code AS org_code, arg_max(successor_code, legal_start_date) AS successor_code
    FROM warehouse.ref.succession
    GROUP BY predecessor_code
) AS s USING (org_code)
ORDER BY o.org_code
