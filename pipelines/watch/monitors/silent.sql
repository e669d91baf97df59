-- How the recent slots of each feed end that slots are expected of: how many are missing after the
-- last that has a value. Where all are missing, that value is looked for as far back as `since`.
SELECT s.feed_id,
       count_if(s.status = 'missing' AND s.slot_start > s.last_given) AS missing,
       min(s.slot_start) FILTER (s.status = 'missing' AND s.slot_start > s.last_given)
           AS first_missing,
       nullif(any_value(s.last_given), TIMESTAMP '2000-01-01') AS last_given,
       any_value(l.data_as_of) AS data_as_of
FROM (
    SELECT *, coalesce(max(slot_start) FILTER (status IN ('on_time', 'late'))
                       OVER (PARTITION BY feed_id), TIMESTAMP '2000-01-01') AS last_given
    FROM ({{ slots }})
) AS s
LEFT JOIN (
    SELECT feed_id, max(data_as_of) AS data_as_of
    FROM warehouse.ops.feed_day
    WHERE day >= {{ since }}
    GROUP BY feed_id
) AS l USING (feed_id)
GROUP BY s.feed_id
ORDER BY s.feed_id
