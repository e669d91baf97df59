-- Files of the last two weeks that were refused and that no good one has replaced yet, with the first reason.
-- A good file replaces it when it came later and has the same name, or when no slot of the day that the
-- refused one came on, or of the day before, is missing any more.
WITH refused AS (
    SELECT submission_id,
           feed_id,
           file_name,
           received_at,
           timezone('Europe/London', timezone('UTC', received_at))::DATE AS day
    FROM submission
    WHERE status = 'rejected' AND received_at >= (SELECT made_at FROM publication) - INTERVAL 14 DAY
),

later AS (
    SELECT r.submission_id, bool_or(s.file_name = r.file_name) AS has_same_name
    FROM refused AS r
    JOIN submission AS s ON s.feed_id = r.feed_id AND s.received_at > r.received_at
    WHERE s.status IN ('accepted', 'accepted_with_rejections')
    GROUP BY r.submission_id
),

gaps AS (
    SELECT r.submission_id, sum(d.missing) AS missing
    FROM refused AS r
    JOIN feed_day_status AS d ON d.feed_id = r.feed_id AND d.day BETWEEN r.day - 1 AND r.day
    GROUP BY r.submission_id
)

SELECT r.submission_id, r.feed_id, r.file_name, r.received_at, r.day
FROM refused AS r
LEFT JOIN later USING (submission_id)
LEFT JOIN gaps USING (submission_id)
WHERE NOT coalesce(later.has_same_name, false)
  AND (later.submission_id IS NULL OR coalesce(gaps.missing, 0) > 0)
ORDER BY r.received_at DESC, r.submission_id
