-- England per day or month (`named`) and measure, computed from the organisations' values in `source`.
-- `published` gives the national figures that files state. Of a measure in `counted` England's
-- figure is how many organisations report more than zero; of one in `largest` it is the largest. Numbers in `decimal` are added up in
-- the order of their size: any other order of loading would change the last digit.
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
    SELECT slot,
           measure,
           CASE WHEN measure IN {{ counted | texts }} THEN count_if(value > 0)::DOUBLE
                WHEN measure IN {{ largest | texts }} THEN max(value)
                WHEN measure IN {{ decimal | texts }}
                THEN sum(value ORDER BY value) FILTER (measure IN {{ decimal | texts }})
                ELSE sum(value) END AS value,
           count(DISTINCT {{ organisation }}) AS organisations,
           count(value) AS places
    FROM (
        UNPIVOT (
            SELECT {{ time }} AS slot, {{ organisation }}
{% for one in measures %}
                   , {{ one.name }}::DOUBLE AS {{ one.name }}
{% endfor %}
            FROM {{ source }}
        )
        ON {{ measures | map(attribute="name") | join(", ") }} INTO NAME measure VALUE value
    )
    GROUP BY slot, measure
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
