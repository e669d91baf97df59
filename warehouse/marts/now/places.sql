-- Each organisation and contract area with its name, and its region as it is today.
CREATE OR REPLACE TEMP TABLE now_place AS
SELECT p.code, p.name, p.region_code, g.region_name
FROM (
    SELECT o.org_code AS code, o.org_name AS name, r.region_code
    FROM warehouse.ref.organisation AS o
    LEFT JOIN (
        SELECT org_code, arg_max(region_code, valid_from) AS region_code
        FROM warehouse.ref.organisation_region
        GROUP BY org_code
    ) AS r USING (org_code)
    UNION ALL
    SELECT contract_code, contract_name, region_code FROM warehouse.ref.contract_area
) AS p
LEFT JOIN (
    SELECT region_code, arg_max(region_name, valid_from) AS region_name
    FROM warehouse.ref.region
    GROUP BY region_code
) AS g USING (region_code)
