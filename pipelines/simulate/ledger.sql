-- Each submission of a feed that is simulated: its status, and its codes but for information.
SELECT s.feed_id, s.file_name, s.sha256, s.status,
       list(DISTINCT i.code) FILTER (i.severity != 'info') AS codes
FROM warehouse.ops.submission AS s
LEFT JOIN warehouse.ops.issue AS i
       ON i.submission_id = s.submission_id AND i.attempt = s.attempt
WHERE s.collection IN {{ collections | texts }}
GROUP BY s.submission_id, s.feed_id, s.file_name, s.sha256, s.status, s.received_at
ORDER BY s.received_at
