-- Every organisation that is or was in use, with its region today and its first successor.
SELECT o.org_code,
       o.org_name,
       o.org_type,
       o.open_date,
       o.close_date,
       r.region_code,
       r.region_name,
       s.successor_code
FROM warehouse.ref.organisation AS o
LEFT JOIN temp.now_place AS r ON r.code = o.org_code
LEFT JOIN (
    SELECT predecessor_code AS org_code, arg_max(successor_code, legal_start_date) AS successor_code
    FROM warehouse.ref.succession
    GROUP BY predecessor_code
) AS s USING (org_code)
ORDER BY o.org_code
