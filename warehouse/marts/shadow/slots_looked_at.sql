-- How the newest `most` expected slots of each feed came; slots whose grace is not over count later.
SELECT feed_id,
       count(*) AS slots,
       count_if(status = 'on_time') AS on_time,
       count_if(status = 'late') AS late,
       count_if(status = 'missing') AS missing,
       min(slot_start) AS first_slot,
       min(slot_end) AS first_end,
       max(slot_start) AS last_slot
FROM (
    SELECT *, row_number() OVER (PARTITION BY feed_id ORDER BY slot_start DESC) AS newest
    FROM ({{ slots }})
    WHERE status != 'awaited'
)
WHERE newest <= {{ most }}
GROUP BY feed_id
