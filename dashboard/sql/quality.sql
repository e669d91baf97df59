-- What came of each feed by London day: its slots by the day in which they begin, its files by that of receipt.
SELECT coalesce(s.feed_id, f.feed_id) AS feed_id,
       coalesce(s.day, f.day) AS day,
       s.expected, s.on_time, s.late, s.missing,
       coalesce(f.files, 0) AS files,
       coalesce(f.refused, 0) AS refused,
       coalesce(f.duplicates, 0) AS duplicates,
       coalesce(f.rows_read, 0) AS rows_read,
       coalesce(f.rows_loaded, 0) AS rows_loaded,
       coalesce(f.rows_kept_out, 0) AS rows_kept_out,
       coalesce(f.values_rejected, 0) AS values_rejected,
       coalesce(f.rows_revised, 0) AS rows_revised
FROM feed_day_status AS s
FULL JOIN (
    SELECT feed_id,
           timezone('Europe/London', timezone('UTC', received_at))::DATE AS day,
           count(*) AS files,
           count_if(status = 'rejected') AS refused,
           count_if(status = 'duplicate') AS duplicates,
           sum(rows_read)::BIGINT AS rows_read,
           sum(rows_accepted)::BIGINT AS rows_loaded,
           sum(rows_quarantined)::BIGINT AS rows_kept_out,
           sum(values_rejected)::BIGINT AS values_rejected,
           sum(rows_revised)::BIGINT AS rows_revised
    FROM submission
    GROUP BY feed_id, day
) AS f ON f.feed_id = s.feed_id AND f.day = s.day
ORDER BY feed_id, day
