-- {{ area.title }} by quarter of an hour.
SELECT collection, {{ area.names }} measure, value, unit, numerator, denominator,
       slot AS slot_start,
       timezone('Europe/London', timezone('UTC', slot)) AS slot_start_london,
       {{ "reporting, expected," if area.has_many }}
       sites_reporting
FROM ({{ slots }})
