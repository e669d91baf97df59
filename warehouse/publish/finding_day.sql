-- What was found in the submissions of each feed since `since`, by London day of receipt and by code.
SELECT s.feed_id,
       s.collection,
       london_day(s.received_at) AS day,
       i.code,
       i.severity,
       sum(i.findings)::BIGINT AS findings,
       count(*) AS submissions
FROM (
    SELECT submission_id, attempt, code, severity, count(*) + sum(coalesce(more, 0)) AS findings
    FROM warehouse.ops.issue
    WHERE settled_at >= {{ since | instant }}
    GROUP BY submission_id, attempt, code, severity
) AS i
JOIN warehouse.ops.submission AS s
  ON s.submission_id = i.submission_id AND s.attempt = i.attempt
WHERE s.received_at >= {{ since | instant }}
GROUP BY s.feed_id, s.collection, day, i.code, i.severity
ORDER BY day, s.feed_id, i.code, i.severity
