-- Counts since midnight ($measures) that are lower than in the slot before on the same London day.
SELECT feed_id, key, measure, slot_start, earlier, value
FROM (
    SELECT *,
           lag(value) OVER (PARTITION BY key, measure, stage, $day ORDER BY slot_start) AS earlier
    FROM (
        UNPIVOT (
            SELECT split_part(submission_id, '@', 1) AS feed_id,
                   concat_ws(' ', $keys) AS key,
                   stage,
                   $time AS slot_start,
                   $values
            FROM warehouse.history.$collection
            WHERE superseded_at IS NULL AND $time >= $first AND $time < $until
        )
        ON $measures INTO NAME measure VALUE value
    )
)
WHERE value < earlier
ORDER BY slot_start
