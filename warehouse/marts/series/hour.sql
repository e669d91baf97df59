-- {{ area.title }} by hour.
SELECT collection, {{ area.names }} measure,
       date_trunc('hour', slot) AS hour_start,
       timezone('Europe/London', timezone('UTC', date_trunc('hour', slot))) AS hour_start_london,
       {{ over_slots }},
       any_value(60 // slot_minutes)::BIGINT AS slots_expected
FROM ({{ slots }})
GROUP BY collection, {{ area.names }} measure, hour_start
