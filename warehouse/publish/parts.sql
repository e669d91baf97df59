-- The parts of `table`: how many rows of each there are to publish from `held`, and whether the publication
-- before has others. `told_by` tells one row of a part from another.
CREATE OR REPLACE TEMP TABLE parts AS
SELECT coalesce(n.part, e.part) AS part,
       coalesce(n.rows, 0) AS rows,
       n.rows IS DISTINCT FROM e.rows OR n.told IS DISTINCT FROM e.told AS differs
FROM (
    SELECT {{ one.part }} AS part, count(*) AS rows, sum(hash({{ one.told_by | join(", ") }})) AS told
    FROM {{ one.held }}
    GROUP BY {{ one.part }}
) AS n
FULL JOIN (
    SELECT {{ one.part }} AS part, count(*) AS rows, sum(hash({{ one.told_by | join(", ") }})) AS told
    FROM {{ before }}
    WHERE {{ window }}
    GROUP BY {{ one.part }}
) AS e ON e.part = n.part
