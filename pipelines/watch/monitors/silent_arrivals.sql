-- The files that came of silent feeds although their slots are missing, each since its time, and
-- the code that most of the refused have.
SELECT s.feed_id,
       count(*) AS files,
       count_if(s.status = 'rejected') AS refused,
       count_if(s.status = 'duplicate') AS repeated,
       mode(i.code) AS why
FROM warehouse.ops.submission AS s
JOIN (
    VALUES
{% for feed_id, since in feeds %}
    ({{ feed_id }}, {{ since }}){{ "," if not loop.last }}
{% endfor %}
) AS f(feed_id, since) ON f.feed_id = s.feed_id AND s.received_at >= f.since
LEFT JOIN (
    SELECT submission_id, attempt, min(code) AS code
    FROM warehouse.ops.issue
    WHERE settled_at >= {{ first }} AND severity IN ('reject_submission', 'reject_row')
    GROUP BY submission_id, attempt
) AS i ON i.submission_id = s.submission_id AND i.attempt = s.attempt AND s.status = 'rejected'
WHERE s.received_at >= {{ first }} AND s.received_at < {{ until }}
GROUP BY s.feed_id
