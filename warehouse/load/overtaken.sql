-- `overtaken`: all rows of the keys for which a file that was made later or at the same time has been
-- loaded, or whose own submission has been loaded before; and of those whose rows came in another
-- order than they were made in. `wave` numbers the rows of each key in the order in which they are merged.
-- That is the order of receipt where all that was ever said of a key names the same measures, so that
-- the revisions do not depend on how many files are loaded together. Of parts it is the order in which
-- they were made, in which a file that says the same again cannot be lost sight of.
CREATE OR REPLACE TEMP TABLE overtaken AS
WITH late AS (
    SELECT DISTINCT {{ history.key }}
    FROM incoming AS i JOIN held AS h USING ({{ history.key }})
    WHERE h.said_at > i.said_at
       OR h.confirmed_at > i.said_at
       OR h.submission_id = i.submission_id
       -- Made at the same time: whichever came first is the earlier.
       OR h.said_at = i.said_at
), turned AS (
    SELECT DISTINCT {{ history.key }}
{% if is_any_repeated %}
    FROM (FROM incoming
          QUALIFY position < lag(position) OVER (PARTITION BY {{ history.key }} ORDER BY came))
{% else %}
    FROM incoming WHERE false
{% endif %}
), asked AS (
    FROM late UNION FROM turned
), bits AS (
    SELECT {{ history.key }}, {{ history.listed('carried') }}
    FROM incoming SEMI JOIN asked USING ({{ history.key }})
    UNION ALL
    SELECT {{ history.key }}, {{ history.listed('carried') }}
    FROM held SEMI JOIN asked USING ({{ history.key }})
    UNION ALL
    SELECT {{ history.key }}, {{ history.listed('confirmed') }}
    FROM held SEMI JOIN asked USING ({{ history.key }})
    WHERE confirmed_at IS NOT NULL
), alike AS (
    SELECT {{ history.key }}, true AS is_alike
    FROM bits
    GROUP BY ALL
    HAVING {% for word in history.words('carried') %}min(coalesce({{ word }}, 0)) = max(coalesce({{ word }}, 0)){{ "" if loop.last else " AND " }}{% endfor %}

), chosen AS (
    SELECT *, coalesce(is_alike, false) AS by_receipt
    FROM asked LEFT JOIN alike USING ({{ history.key }})
    WHERE coalesce(is_alike, false) OR ({{ history.key }}) IN (SELECT ({{ history.key }}) FROM late)
)
SELECT incoming.*,
       row_number() OVER (PARTITION BY {{ history.key }}
                          ORDER BY CASE WHEN by_receipt THEN came ELSE position END) AS wave
FROM incoming JOIN chosen USING ({{ history.key }})
