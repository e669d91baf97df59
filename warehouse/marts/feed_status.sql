-- How each configured feed stands. The feeds come from the registry; `slots` has the state of the
-- slots that were expected of them lately. health: ok; late or gaps, where a recent slot came late or
-- not at all; silent, where the newest ones are missing; nothing yet; unscheduled; or the stage of a
-- feed that takes no files.
SELECT *,
       CASE WHEN stage IN ('suspended', 'retired') THEN stage
            WHEN last_received_at IS NULL THEN 'nothing yet'
            WHEN slots_expected = 0 THEN 'unscheduled'
            WHEN slots_silent >= 2 THEN 'silent'
            WHEN slots_missing > 0 THEN 'gaps'
            WHEN slots_late > 0 THEN 'late'
            ELSE 'ok' END AS health
FROM (
    SELECT f.feed_id,
           f.collection,
           f.title,
           f.provider_code,
           f.provider_name,
           f.stage,
           l.last_received_at,
           l.last_status,
           l.data_as_of,
           l.submissions,
           l.rejected,
           l.duplicates,
           l.rows_accepted,
           l.rows_quarantined,
           l.values_rejected,
           coalesce(s.expected, 0) AS slots_expected,
           coalesce(s.on_time, 0) AS slots_on_time,
           coalesce(s.late, 0) AS slots_late,
           coalesce(s.missing, 0) AS slots_missing,
           coalesce(s.silent, 0) AS slots_silent
    FROM ({{ configured }}) AS f
    LEFT JOIN (
        SELECT feed_id,
               max(last_received_at) AS last_received_at,
               arg_max(last_status, last_received_at) AS last_status,
               max(data_as_of) AS data_as_of,
               sum(submissions)::BIGINT AS submissions,
               sum(rejected)::BIGINT AS rejected,
               sum(duplicates)::BIGINT AS duplicates,
               sum(rows_accepted)::BIGINT AS rows_accepted,
               sum(rows_quarantined)::BIGINT AS rows_quarantined,
               sum(values_rejected)::BIGINT AS values_rejected
        FROM warehouse.ops.feed_day
        GROUP BY feed_id
    ) AS l USING (feed_id)
    LEFT JOIN (
        SELECT feed_id,
               count(*) AS expected,
               count_if(status = 'on_time')::BIGINT AS on_time,
               count_if(status = 'late')::BIGINT AS late,
               count_if(status = 'missing')::BIGINT AS missing,
               count_if(status = 'missing' AND slot_start > last_given)::BIGINT AS silent
        FROM (
            SELECT *, coalesce(max(slot_start) FILTER (status IN ('on_time', 'late'))
                               OVER (PARTITION BY feed_id), TIMESTAMP '2000-01-01') AS last_given
            FROM ({{ slots }})
        )
        GROUP BY feed_id
    ) AS s USING (feed_id)
)
ORDER BY feed_id
