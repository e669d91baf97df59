-- `compared`: each key's held values and its rows, each as it would be held.
-- A measure that a row does not carry keeps the value of the row before it. `place` numbers the
-- rows of a key from 1; what is held has 0. `is_less`: the row does not say all that the row before
-- said. What it leaves is what `compared_with_held` would say of the rows one after the other: of rows
-- that change nothing and say less, each second one finds a confirmation that it cannot stand for.
CREATE OR REPLACE TEMP TABLE compared AS
{% set columns = [history.key, history.measures, history.listed('carried')] | join(', ') -%}
{% set told = 'submission_number, submission_id, feed_id, said_at, place' -%}
WITH rows AS (
    SELECT {{ columns }}, submission_number, submission_id, feed_id, said_at,
           row_number() OVER (PARTITION BY {{ history.key }} ORDER BY position) AS place,
{% for n in range(history.word_count) %}
           {{ history.words('carried')[n] }} AS {{ history.words('said')[n] }},
{% endfor %}
           false AS is_confirmed
    FROM {{ source }}
    UNION ALL
    SELECT {{ history.key }}, {{ history.measures }},
           {{ all_bits | join(', ') }}, NULL, submission_id, feed_id, said_at, 0,
{% for n in range(history.word_count) %}
           CASE WHEN confirmed_at IS NULL THEN {{ history.words('carried')[n] }}
                ELSE coalesce({{ history.words('confirmed')[n] }}, 0) END,
{% endfor %}
           confirmed_at IS NOT NULL
    FROM held
    WHERE superseded_at IS NULL
), merged AS (
    SELECT {{ history.key }}, {{ history.listed('carried') }}, {{ told }}, is_confirmed,
{% for said in history.words('said') %}
           {{ "(" if loop.first else "OR " }}coalesce(lag({{ said }}) OVER so_far, 0) & ~{{ said }} != 0{{ ") AS is_less," if loop.last }}
{% endfor %}
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
), judged AS (
    SELECT *,
           CASE WHEN place = 0 THEN 'held'
                WHEN row_number() OVER so_far = 1 THEN 'new'
                WHEN row({{ history.measures }})
                     IS DISTINCT FROM lag(row({{ history.measures }})) OVER so_far THEN 'revised'
                ELSE 'unchanged' END AS kind
    FROM merged
    WINDOW so_far AS (PARTITION BY {{ history.key }} ORDER BY place)
), numbered AS (
    SELECT *,
           count(*) FILTER (kind != 'unchanged' OR NOT is_less)
               OVER (PARTITION BY {{ history.key }} ORDER BY place) AS run
    FROM judged
)
SELECT {{ columns }}, {{ told }}, kind,
       CASE WHEN kind != 'unchanged' THEN 'revision'
            WHEN NOT is_less THEN 'confirmation'
            WHEN (row_number() OVER in_run % 2 = 0)
                 = (first_value(kind != 'unchanged' AND NOT is_confirmed) OVER in_run)
            THEN 'confirmation'
            ELSE 'revision' END AS leaves
FROM numbered
WINDOW in_run AS (PARTITION BY {{ history.key }}, run ORDER BY place)
