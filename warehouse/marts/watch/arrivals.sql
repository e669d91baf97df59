-- The files that came of the feeds in $feeds although their slots are missing, each since its time.
SELECT s.feed_id,
       count(*) AS files,
       count_if(s.status = 'rejected') AS refused,
       count_if(s.status = 'duplicate') AS repeated
FROM warehouse.ops.submission AS s
JOIN ($feeds) AS f ON f.feed_id = s.feed_id AND s.received_at >= f.since
WHERE s.received_at >= $first
GROUP BY s.feed_id
