-- England per slot and measure, computed from the values in `source`. Of a measure in `counted`
-- England's figure is how many organisations report more than zero; of one in `largest` it is the largest. Numbers in `decimal` are added up in
-- the order of their size: any other order of loading would change the last digit.
SELECT slot_start,
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
    SELECT slot_start,
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
            SELECT {{ time }} AS slot_start, {{ organisation }}
{% for one in measures %}
                   , {{ one.name }}::DOUBLE AS {{ one.name }}
{% endfor %}
            FROM {{ source }}
        )
        ON {{ measures | map(attribute="name") | join(", ") }} INTO NAME measure VALUE value
    )
    GROUP BY slot_start, measure
)
ORDER BY slot_start, measure
