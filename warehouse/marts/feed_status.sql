-- How each configured feed stands; the feeds come from the registry.
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
       l.rows_quarantined
FROM ($configured) AS f
LEFT JOIN (
    SELECT feed_id,
           max(last_received_at) AS last_received_at,
           arg_max(last_status, last_received_at) AS last_status,
           max(data_as_of) AS data_as_of,
           sum(submissions)::BIGINT AS submissions,
           sum(rejected)::BIGINT AS rejected,
           sum(duplicates)::BIGINT AS duplicates,
           sum(rows_accepted)::BIGINT AS rows_accepted,
           sum(rows_quarantined)::BIGINT AS rows_quarantined
    FROM warehouse.ops.feed_day
    GROUP BY feed_id
) AS l USING (feed_id)
ORDER BY f.feed_id
