-- Whether the same bytes would be judged alike at any time; if not, they are judged anew when they come again.
ALTER TABLE warehouse.ops.submission ADD COLUMN IF NOT EXISTS is_final BOOLEAN;
UPDATE warehouse.ops.submission AS s SET is_final = false
FROM (SELECT DISTINCT submission_id, attempt FROM warehouse.ops.issue WHERE code IN ('FILE-006', 'FILE-011')) AS i
WHERE i.submission_id = s.submission_id AND i.attempt = s.attempt;
