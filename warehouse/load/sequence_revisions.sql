-- `revision`: what is held, what is new, and what is revised, each until the next.
-- A value that a later file says again is that file's too (`confirmed`): an older one cannot
-- overrule it.
CREATE OR REPLACE TEMP TABLE revision AS
WITH numbered AS (
    SELECT *,
           count(*) FILTER (kind != 'unchanged')
               OVER (PARTITION BY {{ history.key }} ORDER BY place) AS revision
    FROM compared
), timed AS (
    SELECT *, {{ moment | stored }} + to_microseconds(place - 1) AS recorded_at
    FROM numbered
    WHERE kind != 'unchanged'
), confirming AS (
    SELECT
{% for name in history.names %}
        n.{{ name }},
{% endfor %}
        revision,
{% for n in range(history.word_count) %}
        bit_or({{ history.words('carried', 'n.')[n] }}) AS {{ history.words('confirmed')[n] }},
{% endfor %}
        max(n.said_at) AS confirmed_at
    FROM numbered AS n JOIN timed AS t USING ({{ history.key }}, revision)
    WHERE n.kind = 'unchanged' AND n.submission_id != t.submission_id AND n.said_at > t.said_at
    GROUP BY ALL
)
SELECT timed.*, {{ history.listed('confirmed') }}, confirmed_at,
       lead(recorded_at) OVER (PARTITION BY {{ history.key }} ORDER BY revision) AS superseded_at
FROM timed LEFT JOIN confirming USING ({{ history.key }}, revision)
