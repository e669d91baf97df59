-- The feed that gave a value stands beside it, so that no question takes it out of an id.
-- New histories have the column from the start.
{% for table in histories %}
ALTER TABLE warehouse.history.{{ table }} ADD COLUMN IF NOT EXISTS feed_id VARCHAR;
UPDATE warehouse.history.{{ table }} AS h SET feed_id = s.feed_id
FROM (SELECT DISTINCT submission_id, feed_id FROM warehouse.ops.submission) AS s
WHERE s.submission_id = h.submission_id;
{% endfor %}
