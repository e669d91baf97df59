-- The values of one collection in `source`, with the organisation as of the slot's day.
{% set day = "h." ~ time if is_dated else "l.day" %}
SELECT h.{{ organisation }},
       o.org_name,
       r.region_code,
{% for name in others %}
       h.{{ name }},
{% endfor %}
       h.{{ time }},
{% if not is_dated %}
       l.slot_start_london,
{% endif %}
{% for name in measures %}
       h.{{ name }},
{% endfor %}
       h.submission_id,
       h.recorded_at
FROM {{ source }} AS h
{% if not is_dated %}
-- Each slot's time and day are worked out once: for every row it takes six times as long.
LEFT JOIN (
    SELECT slot, london_time(slot) AS slot_start_london, london_day(slot) AS day
    FROM (SELECT DISTINCT {{ time }} AS slot FROM {{ source }})
) AS l ON l.slot = h.{{ time }}
{% endif %}
LEFT JOIN (
    SELECT org_code AS code, org_name FROM warehouse.ref.organisation
    UNION ALL
    SELECT contract_code, contract_name FROM warehouse.ref.contract_area
) AS o ON o.code = h.{{ organisation }}
LEFT JOIN (
    -- With an OR in the condition the join takes thirty times as long.
    SELECT org_code AS code, region_code, valid_from, coalesce(valid_to, DATE '9999-12-31') AS until
    FROM warehouse.ref.organisation_region
    UNION ALL
    SELECT contract_code, region_code, DATE '2000-01-01', DATE '9999-12-31'
    FROM warehouse.ref.contract_area
) AS r
       ON r.code = h.{{ organisation }}
      AND {{ day }} >= r.valid_from
      AND {{ day }} < r.until
ORDER BY h.{{ time }}, h.{{ organisation }}{% for name in others %}, h.{{ name }}{% endfor %}
