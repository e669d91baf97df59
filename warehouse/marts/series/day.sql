-- {{ area.title }} by London day: quarter-hours together, and daily collections as they are.
{% if slots %}
SELECT collection, {{ area.names }} measure,
       timezone('Europe/London', timezone('UTC', slot))::DATE AS report_date,
       {{ over_slots }},
       any_value(date_diff(
           'minute',
           timezone('Europe/London', timezone('Europe/London', timezone('UTC', slot))::DATE::TIMESTAMP),
           timezone('Europe/London', (timezone('Europe/London', timezone('UTC', slot))::DATE + 1)::TIMESTAMP)
       ) // slot_minutes) AS slots_expected
FROM ({{ slots }})
GROUP BY collection, {{ area.names }} measure, report_date
{% endif %}
{% if slots and days %}
UNION ALL
{% endif %}
{% if days %}
SELECT collection, {{ area.names }} measure, slot AS report_date, value, unit, numerator, denominator,
       value AS lowest, value AS highest, 1::BIGINT AS slots, {{ "reporting, expected," if area.has_many }}
       sites_reporting, 1::BIGINT AS slots_expected
FROM ({{ days }})
{% endif %}
