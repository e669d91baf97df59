-- The published figure of one measure, of {{ "England" if area == "england" else "each " ~ area }}, and of whom it is.
{% if area == "trust" %}
SELECT org_code AS code,
       coalesce(org_name || ' (' || org_code || ')', org_code) AS place,
       value, unit, slot_start,
       coalesce(sites_reporting, (value IS NOT NULL)::BIGINT) AS reporting,
       coalesce(sites_expected, 1) AS expected,
       CASE WHEN sites_expected IS NULL THEN 'expected' ELSE 'sites' END AS organisations,
       sites_missing AS missing
FROM now_trust
{% else %}
SELECT {{ "region_code" if area == "region" else "'England'" }} AS code,
       {{ "coalesce(region_name, region_code)" if area == "region" else "'England'" }} AS place,
       value, unit, slot_start, reporting, coalesce(expected, reporting) AS expected, organisations, missing
FROM now_{{ area }}
{% endif %}
WHERE collection = {{ collection }} AND measure = {{ measure }} AND code IS NOT NULL
ORDER BY code
