-- How each configured feed stands; the feeds come from the registry.
SELECT f.feed_id,
       f.collection,
       f.title,
       f.provider_code,
       f.provider_name,
       f.stage,
       l.last_received_at,
       l.last_status,
       d.data_as_of,
       l.submissions,
       l.rejected,
       l.duplicates,
       l.rows_accepted,
       l.rows_quarantined
FROM ($configured) AS f
LEFT JOIN (
    SELECT feed_id,
           max(received_at) AS last_received_at,
           arg_max(status, received_at) AS last_status,
           count(*) AS submissions,
           count_if(status = 'rejected') AS rejected,
           count_if(status = 'duplicate') AS duplicates,
           sum(rows_accepted)::BIGINT AS rows_accepted,
           sum(rows_quarantined)::BIGINT AS rows_quarantined
    FROM warehouse.ops.submission
    GROUP BY feed_id
) AS l USING (feed_id)
LEFT JOIN ($data_as_of) AS d USING (feed_id)
ORDER BY f.feed_id
