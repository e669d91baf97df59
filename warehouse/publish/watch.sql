-- What the watch has found and is not over, or was until `since`.
SELECT code, collection, feed_id, subject, since, first_seen_at, last_seen_at, ended_at, message, fix
FROM warehouse.ops.watch
WHERE ended_at IS NULL OR ended_at >= {{ since | instant }}
ORDER BY ended_at IS NOT NULL, since DESC, finding_key
