-- England per day or month (`named`) and measure, from its `figures`. `published` gives the national figures
-- that files state.
SELECT n.slot AS {{ named }},
       {{ collection | text }} AS collection,
       n.measure,
       n.value,
       CASE n.measure
{% for one in measures %}
            WHEN {{ one.name | text }} THEN {{ one.unit | text }}
{% endfor %}
       END AS unit,
       n.organisations,
       p.value AS published_value,
       {{ "n.places" if has_sites else "NULL::BIGINT" }} AS sites_reporting
FROM (
{{ figures }}
) AS n
LEFT JOIN {{ published }} AS p
       ON p.collection = {{ collection | text }}
      AND p.report_date = n.slot
      AND p.measure = n.measure
{% if stated %}
-- What is no sum, as a mean or a centile, England has only where a file states it.
UNION ALL
SELECT p.report_date, p.collection, p.measure, NULL,
       CASE p.measure
{% for one in stated %}
            WHEN {{ one.name | text }} THEN {{ one.unit | text }}
{% endfor %}
       END,
       NULL, p.value, NULL
FROM {{ published }} AS p
WHERE p.collection = {{ collection | text }} AND p.measure IN {{ stated | map(attribute="name") | texts }}
{% endif %}
