-- `compared`: each key's held values and its rows, each as it would be held.
-- A measure that a row does not carry keeps the value of the row before it. `place` numbers the
-- rows of a key from 1; what is held has 0.
CREATE OR REPLACE TEMP TABLE compared AS
WITH rows AS (
    SELECT {{ history.key }}, {{ history.measures }},
           {{ history.listed('carried') }}, submission_number, submission_id, feed_id, said_at,
           row_number() OVER (PARTITION BY {{ history.key }} ORDER BY position) AS place
    FROM {{ source }}
    UNION ALL
    SELECT {{ history.key }}, {{ history.measures }},
           {{ all_bits | join(', ') }}, NULL, submission_id, feed_id, said_at, 0
    FROM held
    WHERE superseded_at IS NULL
), merged AS (
    SELECT {{ history.key }}, {{ history.listed('carried') }}, submission_number, submission_id, feed_id, said_at, place,
{% for name, bit in history.bits.items() %}
{% if name in carried_by_all %}
           {{ name }}
{%- else %}
           last_value(CASE WHEN {{ history.has('carried', bit) }} THEN {'is': {{ name }}} END
                      IGNORE NULLS) OVER so_far['is'] AS {{ name }}
{%- endif %}
{{ "" if loop.last else "," }}
{% endfor %}
    FROM rows
    WINDOW so_far AS (PARTITION BY {{ history.key }} ORDER BY place ROWS UNBOUNDED PRECEDING)
)
SELECT *,
       CASE WHEN place = 0 THEN 'held'
            WHEN row_number() OVER so_far = 1 THEN 'new'
            WHEN row({{ history.measures }})
                 IS DISTINCT FROM lag(row({{ history.measures }})) OVER so_far THEN 'revised'
            ELSE 'unchanged' END AS kind
FROM merged
WINDOW so_far AS (PARTITION BY {{ history.key }} ORDER BY place)
