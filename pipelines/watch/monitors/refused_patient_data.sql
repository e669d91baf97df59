-- Submissions settled since then that were refused for patient data.
SELECT s.feed_id,
       coalesce(s.collection, s.feed_id) AS collection,
       s.submission_id,
       s.received_at,
       min(i.code) FILTER (i.code IN {{ codes }}) AS code,
       bool_or(i.code = 'FILE-017') AS copy_stays
FROM warehouse.ops.issue AS i
JOIN warehouse.ops.submission AS s
  ON s.submission_id = i.submission_id AND s.attempt = i.attempt
WHERE i.settled_at >= {{ since }} AND s.settled_at >= {{ since }} AND (i.code IN {{ codes }} OR i.code = 'FILE-017')
GROUP BY ALL
HAVING count(*) FILTER (i.code IN {{ codes }}) > 0
