-- `compared`: the rows with what becomes of each, by all revisions of their keys.
CREATE OR REPLACE TEMP TABLE compared AS
SELECT * EXCLUDE (held, later),
       CASE WHEN held IS NULL THEN 'new'
{% for name in history.bits %}
            WHEN {{ name }} IS DISTINCT FROM held.{{ name }} THEN 'revised'
{% endfor %}
            WHEN carried & later != 0 THEN 'outdated'
            ELSE 'unchanged' END AS kind
FROM (
    SELECT
{% for name in history.names %}
        i.{{ name }},
{% endfor %}
{% for name, bit in history.bits.items() %}
        CASE WHEN o.later & {{ 2 ** bit }} != 0 THEN h.{{ name }}
             WHEN i.carried & {{ 2 ** bit }} != 0 THEN i.{{ name }}
             WHEN o.own & {{ 2 ** bit }} != 0 THEN o.before.{{ name }}
             ELSE h.{{ name }} END AS {{ name }},
{% endfor %}
        i.carried, i.submission_number, i.submission_id, i.feed_id, i.said_at,
        coalesce(o.later, 0) AS later,
        CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
    FROM {{ source }} AS i
    LEFT JOIN held AS h ON {{ history.same("h", "i") }} AND h.superseded_at IS NULL
    LEFT JOIN others AS o ON {{ history.same("o", "i") }}
)
