-- {{ area.title }}: each slot beside those of the same weekday and time in London in the weeks before.
SELECT s.collection, {{ area.names_of_s }} s.measure, s.value, s.unit, s.slot_start, s.slot_start_london,
{% for weeks in (4, 10) %}
       min(p.value) FILTER (s.week <= {{ weeks }}) AS lowest_of_{{ weeks }}_weeks,
       median(p.value) FILTER (s.week <= {{ weeks }}) AS median_of_{{ weeks }}_weeks,
       max(p.value) FILTER (s.week <= {{ weeks }}) AS highest_of_{{ weeks }}_weeks,
       count(p.value) FILTER (s.week <= {{ weeks }}) AS weeks_of_{{ weeks }}{{ "," if not loop.last }}
{% endfor %}
FROM (
    SELECT *, unnest(range(1, 11)) AS week FROM {{ area.name }}_slot
) AS s
LEFT JOIN (
{% if area.name == "england" %}
    SELECT collection, measure, value,
           timezone('Europe/London', timezone('UTC', slot_start)) AS slot_start_london
    FROM national_slot
    UNION ALL
    SELECT collection, measure, value, slot_start_london
    FROM england_slot
    WHERE numerator IS NOT NULL
{% else %}
    FROM {{ area.name }}_slot
{% endif %}
) AS p
  ON p.collection = s.collection
 AND p.measure = s.measure
{% if area.code %}
 AND p.{{ area.code }} IS NOT DISTINCT FROM s.{{ area.code }}
{% endif %}
 AND p.slot_start_london = s.slot_start_london - to_days(7 * s.week::INTEGER)
GROUP BY s.collection, {{ area.names_of_s }} s.measure, s.value, s.unit, s.slot_start, s.slot_start_london
