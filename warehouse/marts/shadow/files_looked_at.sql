-- The files of each feed since the time in `feeds`: how many, how many were refused, their rows.
SELECT f.feed_id,
       count(*) AS files,
       count_if(s.status = 'rejected') AS refused,
       coalesce(sum(s.rows_accepted), 0)::BIGINT AS rows_accepted,
       coalesce(sum(s.rows_quarantined), 0)::BIGINT AS rows_kept_out
FROM (VALUES
{% for feed_id, since in feeds %}
    ({{ feed_id | text }}, {{ since | stored }}){{ "" if loop.last else "," }}
{% endfor %}
) AS f(feed_id, since)
JOIN warehouse.ops.submission AS s
  ON s.feed_id = f.feed_id AND s.received_at >= f.since
WHERE s.received_at >= {{ first | stored }} AND s.status != 'duplicate'
GROUP BY f.feed_id
