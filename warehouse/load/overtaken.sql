-- `overtaken`: all rows of the keys for which a file that was made later or at the same time has been
-- loaded, or whose own submission has been loaded before; and of those whose rows came in another
-- order than they were made in. `wave` numbers the rows of each key in the order of receipt.
CREATE OR REPLACE TEMP TABLE overtaken AS
SELECT *, row_number() OVER (PARTITION BY {{ history.key }} ORDER BY came) AS wave
FROM incoming SEMI JOIN (
    SELECT {{ history.key }}
    FROM incoming AS i JOIN held AS h USING ({{ history.key }})
    WHERE h.said_at > i.said_at
       OR h.confirmed_at > i.said_at
       OR h.submission_id = i.submission_id
       -- Made at the same time: whichever came first is the earlier.
       OR h.said_at = i.said_at
{% if is_any_repeated %}
    UNION ALL
    SELECT {{ history.key }}
    FROM incoming
    QUALIFY position < lag(position) OVER (PARTITION BY {{ history.key }} ORDER BY came)
{% endif %}
) USING ({{ history.key }})
