-- England per slot and measure, from its `figures`.
SELECT slot AS slot_start,
       {{ collection | text }} AS collection,
       measure,
       value,
       CASE measure
{% for one in measures %}
            WHEN {{ one.name | text }} THEN {{ one.unit | text }}
{% endfor %}
       END AS unit,
       organisations,
       {{ "places" if has_sites else "NULL::BIGINT" }} AS sites_reporting
FROM (
{{ figures }}
)
ORDER BY slot_start, measure
