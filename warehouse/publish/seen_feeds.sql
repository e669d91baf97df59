-- What came of each feed up to `moment`, in one row: all that is told later, without what came since.
INSERT INTO warehouse.ops.feed_day BY NAME
SELECT f.feed_id,
       {{ moment | instant }}::DATE AS day,
       f.submissions - coalesce(c.submissions, 0) AS submissions,
       f.rejected - coalesce(c.rejected, 0) AS rejected,
       f.duplicates - coalesce(c.duplicates, 0) AS duplicates,
       f.rows_accepted - coalesce(c.rows_accepted, 0) AS rows_accepted,
       f.rows_quarantined - coalesce(c.rows_quarantined, 0) AS rows_quarantined,
       f.values_rejected - coalesce(c.values_rejected, 0) AS values_rejected,
       coalesce(c.last_received_at, f.last_received_at) AS last_received_at,
       coalesce(c.last_status, f.last_status) AS last_status,
       coalesce(s.data_as_of, f.data_as_of) AS data_as_of
FROM later.main.feed_status AS f
LEFT JOIN (
    SELECT feed_id,
           count_if(NOT was_there) AS submissions,
           count_if(NOT was_there AND status = 'rejected') AS rejected,
           count_if(NOT was_there AND status = 'duplicate') AS duplicates,
           sum(rows_accepted) FILTER (NOT was_there) AS rows_accepted,
           sum(rows_quarantined) FILTER (NOT was_there) AS rows_quarantined,
           sum(values_rejected) FILTER (NOT was_there) AS values_rejected,
           max(received_at) FILTER (was_there) AS last_received_at,
           arg_max(status, received_at) FILTER (was_there) AS last_status
    FROM come
    GROUP BY feed_id
) AS c USING (feed_id)
LEFT JOIN (
    SELECT feed_id, max(slot_start) AS data_as_of FROM warehouse.ops.submission_slot GROUP BY feed_id
) AS s USING (feed_id)
WHERE coalesce(c.last_received_at, f.last_received_at) <= {{ moment | instant }}
