-- The newest {{ most }} submissions of each feed, the newest first. To number all of them takes much memory.
FROM submission
SEMI JOIN (
    SELECT unnest(max_by(submission_id, received_at, {{ most }})) AS submission_id
    FROM submission
    GROUP BY feed_id
) USING (submission_id)
ORDER BY received_at DESC, submission_id
