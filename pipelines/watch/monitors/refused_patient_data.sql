-- Submissions settled since then that were refused for patient data.
SELECT s.feed_id,
       coalesce(s.collection, s.feed_id) AS collection,
       s.submission_id,
       s.received_at,
       min(i.code) AS code
FROM warehouse.ops.issue AS i
JOIN warehouse.ops.submission AS s
  ON s.submission_id = i.submission_id AND s.attempt = i.attempt
WHERE i.settled_at >= {{ since }} AND s.settled_at >= {{ since }} AND i.code IN {{ codes }}
GROUP BY ALL
