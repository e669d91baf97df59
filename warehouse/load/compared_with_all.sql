-- `compared`: the rows with what becomes of each, by all revisions of their keys.
CREATE OR REPLACE TEMP TABLE compared AS
SELECT * EXCLUDE (held, {{ history.listed('later') }}),
       CASE WHEN held IS NULL THEN 'new'
{% for name in history.bits %}
            WHEN {{ name }} IS DISTINCT FROM held.{{ name }} THEN 'revised'
{% endfor %}
            WHEN {% for n in range(history.word_count) %}{{ history.words('carried')[n] }} & {{ history.words('later')[n] }} != 0{{ '' if loop.last else ' OR ' }}{% endfor %} THEN 'outdated'
            ELSE 'unchanged' END AS kind
FROM (
    SELECT
{% for name in history.names %}
        i.{{ name }},
{% endfor %}
{% for name, bit in history.bits.items() %}
        CASE WHEN {{ history.has("o.later", bit) }} THEN h.{{ name }}
             WHEN {{ history.has("i.carried", bit) }} THEN i.{{ name }}
             WHEN {{ history.has("o.own", bit) }} THEN o.before.{{ name }}
             ELSE h.{{ name }} END AS {{ name }},
{% endfor %}
        {{ history.listed('carried', 'i.') }}, i.submission_number, i.submission_id, i.feed_id, i.said_at,
{% for later in history.words('later') %}
        coalesce(o.{{ later }}, 0) AS {{ later }},
{% endfor %}
        CASE WHEN h.submission_id IS NOT NULL THEN h END AS held
    FROM {{ source }} AS i
    LEFT JOIN held AS h ON {{ history.same("h", "i") }} AND h.superseded_at IS NULL
    LEFT JOIN others AS o ON {{ history.same("o", "i") }}
)
