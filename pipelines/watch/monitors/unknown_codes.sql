-- Values that were unknown in what was settled since then: of each feed the most frequent ones, and
-- how many there are. `known_as` is the name of another organisation that has the code.
SELECT u.feed_id, u.collection, u.value, u.codes, u.first_seen, u.files, u.values_of_feed,
       k.name AS known_as
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
) AS u
LEFT JOIN (
    SELECT code, any_value(name) AS name
    FROM (
        SELECT org_code AS code, org_name AS name FROM warehouse.ref.organisation
        UNION ALL
        SELECT contract_code, contract_name FROM warehouse.ref.contract_area
    )
    GROUP BY code
) AS k ON k.code = u.value AND u.codes = ['ROW-002']
WHERE place <= {{ most }}
ORDER BY feed_id, place
