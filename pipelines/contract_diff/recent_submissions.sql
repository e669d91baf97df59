-- The newest submissions of each feed whose bytes were kept, without those that repeat another.
SELECT delivery_id, feed_id, sha256, size_bytes, file_name, source, received_at
FROM warehouse.ops.submission
WHERE collection = $collection AND duplicate_of IS NULL AND received_at >= $since
QUALIFY row_number() OVER (PARTITION BY feed_id ORDER BY received_at DESC, delivery_id DESC) <= $most
ORDER BY feed_id, received_at, delivery_id
