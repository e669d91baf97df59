-- Values that were unknown in what was settled since then: of each feed the most frequent ones, and
-- how many there are.
SELECT feed_id, collection, value, codes, first_seen, files, values_of_feed
FROM (
    SELECT *,
           count(*) OVER (PARTITION BY feed_id) AS values_of_feed,
           row_number() OVER (PARTITION BY feed_id ORDER BY files DESC, value) AS place
    FROM (
        SELECT s.feed_id,
               coalesce(s.collection, s.feed_id) AS collection,
               coalesce(i.value, '') AS value,
               list_sort(list(DISTINCT i.code)) AS codes,
               min(s.received_at) AS first_seen,
               count(DISTINCT i.submission_id) AS files
        FROM warehouse.ops.issue AS i
        JOIN warehouse.ops.submission AS s
          ON s.submission_id = i.submission_id AND s.attempt = i.attempt
        WHERE i.settled_at >= {{ since }} AND s.settled_at >= {{ since }} AND i.code IN {{ codes }}
        GROUP BY s.feed_id, s.collection, i.value
    )
)
WHERE place <= {{ most }}
ORDER BY feed_id, place
