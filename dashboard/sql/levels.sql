-- The newest OPEL level that each site declares, or each trust where no site does.
SELECT collection, org_code, org_name, site_code, measure, value, slot_end
FROM now_site
WHERE measure = 'opel_level'
UNION ALL BY NAME
SELECT collection, org_code, org_name, NULL::VARCHAR AS site_code, measure, value, slot_end
FROM now_trust
WHERE measure = 'opel_level' AND value IS NOT NULL
ORDER BY collection, value DESC, org_code, site_code
