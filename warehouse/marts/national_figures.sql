-- England's figure of each slot and measure, from the organisations' values in `source`. Of a measure in
-- `counted` it is how many organisations report more than zero; of one in `largest` it is the largest.
-- Numbers in `decimal` are added up in the order of their size: any other order of loading would change
-- the last digit.
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
