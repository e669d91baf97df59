-- What became of the files that were received after `moment`, or settled after it.
SELECT collection, status, count(*) AS files, sum(rows_new + rows_revised)::BIGINT AS rows
FROM submission
WHERE received_at > {{ moment | instant }} OR settled_at > {{ moment | instant }}
GROUP BY ALL
ORDER BY ALL
