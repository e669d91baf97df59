-- The newest submissions of the publication before that this one does not have.
WITH newest AS (
    SELECT submission_id, received_at
    FROM {{ before }} WHERE {{ window }}
    ORDER BY received_at DESC, submission_id
    LIMIT {{ most }}
)
SELECT (SELECT count(*) FROM {{ before }} WHERE {{ window }}),
       (SELECT count(*) FROM {{ now }}),
       (SELECT coalesce(list(submission_id ORDER BY received_at DESC, submission_id), [])
        FROM newest
        WHERE submission_id NOT IN (
            SELECT submission_id FROM {{ now }}
            WHERE received_at >= (SELECT min(received_at) FROM newest)))
