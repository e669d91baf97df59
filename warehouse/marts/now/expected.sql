-- Who is expected to give values in each slot.
SELECT collection, feed_id, org_code, org_name, site_code, region_code, region_name,
       expected_from, basis
FROM temp.now_expected
ORDER BY collection, org_code, site_code
