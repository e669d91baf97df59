-- What was found in those files, by code.
SELECT f.feed_id,
       i.code,
       (count(*) + sum(coalesce(i.more, 0)))::BIGINT AS findings
FROM (VALUES
{% for feed_id, since in feeds %}
    ({{ feed_id | text }}, {{ since | stored }}){{ "" if loop.last else "," }}
{% endfor %}
) AS f(feed_id, since)
JOIN warehouse.ops.submission AS s
  ON s.feed_id = f.feed_id AND s.received_at >= f.since
JOIN warehouse.ops.issue AS i
  ON i.submission_id = s.submission_id AND i.attempt = s.attempt
WHERE s.received_at >= {{ first | stored }} AND i.settled_at >= {{ first | stored }}
GROUP BY f.feed_id, i.code
ORDER BY f.feed_id, findings DESC, i.code
