-- `others`: for each key, what its revisions from other files say of the measures.
-- `later`: carried, or said again, by a file that was made after this one. Of two that were made at
-- the same time the one that came first is the earlier. `own`: carried before by this submission,
-- under another mapping. `before`: the last revision that another submission gave and that was made
-- before it.
CREATE OR REPLACE TEMP TABLE others AS
{% set is_later -%}
    (h.said_at > i.said_at
     OR (h.said_at = i.said_at AND coalesce(s.delivery_id > i.delivery_id, false)))
{%- endset %}
SELECT
{% for name in history.names %}
    i.{{ name }},
{% endfor %}
{% for n in range(history.word_count) %}
{% set carried = history.words("carried", "h.")[n] %}
    coalesce(bit_or({{ carried }}) FILTER (h.submission_id != i.submission_id AND {{ is_later }}), 0)
    | coalesce(bit_or({{ history.words("confirmed", "h.")[n] }}) FILTER (
        h.superseded_at IS NULL AND h.confirmed_at > i.said_at), 0) AS {{ history.words("later")[n] }},
    coalesce(bit_or({{ carried }}) FILTER (h.submission_id = i.submission_id), 0) AS {{ history.words("own")[n] }},
{% endfor %}
    arg_max(h, h.recorded_at) FILTER (
        h.submission_id != i.submission_id AND NOT {{ is_later }}) AS before
FROM {{ source }} AS i
JOIN held AS h ON {{ history.same("h", "i") }}
LEFT JOIN warehouse.ops.submission AS s
       ON s.submission_id = h.submission_id AND h.said_at = i.said_at
GROUP BY
{% for name in history.names %}
    i.{{ name }}{{ "" if loop.last else "," }}
{% endfor %}
