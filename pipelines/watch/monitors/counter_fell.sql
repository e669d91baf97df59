-- Counts since midnight that are lower than in the slot before on the same day in London.
SELECT feed_id, key, measure, slot_start, earlier, value
FROM (
    SELECT *,
           lag(value) OVER (
               PARTITION BY key, measure, stage, london_day(slot_start) ORDER BY slot_start
           ) AS earlier
    FROM (
        UNPIVOT (
            SELECT feed_id,
                   concat_ws(' ', {{ keys }}) AS key,
                   stage,
                   {{ time }} AS slot_start,
{% for name in counters %}
                   {{ name }}::DOUBLE AS {{ name }},
{% endfor %}
            FROM warehouse.history.{{ collection }}
            WHERE superseded_at IS NULL AND {{ time }} >= {{ first }} AND {{ time }} < {{ until }}
        )
        ON {{ counters | join(', ') }} INTO NAME measure VALUE value
    )
)
WHERE value < earlier
ORDER BY slot_start
