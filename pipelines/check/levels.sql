-- The figures of a file, `tried`, beside those that the same organisations gave in the time before it,
-- measure by measure; of quarter hours those at the same times of day.
WITH held AS (
{% for schema in schemas %}
    SELECT h.{{ columns | join(", h.") }}
    FROM recent.{{ schema }}.{{ collection }} AS h
    WHERE h.{{ time }} >= (SELECT min({{ time }}) FROM tried) - to_days({{ days }})
      AND h.{{ time }} < (SELECT min({{ time }}) FROM tried)
      AND h.{{ organisation }} IN (SELECT {{ organisation }} FROM tried)
{% if not is_dated %}
      AND h.{{ time }}::TIME IN (SELECT {{ time }}::TIME FROM tried)
{% endif %}
{% if not loop.last %}
    UNION ALL
{% endif %}
{% endfor %}
),
told AS (
    UNPIVOT (SELECT {% for one in columns %}{{ one }}::DOUBLE AS {{ one }}{{ ", " if not loop.last }}{% endfor %} FROM tried)
    ON {{ columns | join(", ") }} INTO NAME measure VALUE value
),
given AS (
    UNPIVOT (SELECT {% for one in columns %}{{ one }}::DOUBLE AS {{ one }}{{ ", " if not loop.last }}{% endfor %} FROM held)
    ON {{ columns | join(", ") }} INTO NAME measure VALUE value
)
SELECT t.measure, t.rows, t.least, t.middle, t.most, coalesce(g.rows, 0), g.least, g.middle, g.most
FROM (
    SELECT measure, count(*) AS rows, min(value) AS least, median(value) AS middle, max(value) AS most
    FROM told GROUP BY measure
) AS t
LEFT JOIN (
    SELECT measure, count(*) AS rows, min(value) AS least, median(value) AS middle, max(value) AS most
    FROM given GROUP BY measure
) AS g USING (measure)
