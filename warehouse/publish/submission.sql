-- The submissions of the last weeks and what became of them, newest first. Source paths and hashes stay in the ledger.
SELECT submission_id,
       feed_id,
       collection,
       stage,
       file_name,
       received_at,
       status,
       duplicate_of,
       rows_read,
       rows_accepted,
       rows_quarantined,
       rows_skipped,
       rows_new,
       rows_revised,
       rows_unchanged,
       rows_outdated,
       values_rejected,
       settled_at
FROM warehouse.ops.submission
WHERE received_at >= {{ since | instant }} AND {{ condition }}
ORDER BY received_at DESC, submission_id
