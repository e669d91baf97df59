-- `others`: for each key, what its revisions from other files say of the measures.
-- `later`: carried, or said again, by a file that was made after this one. `own`: carried before
-- by this submission, under another mapping. `before`: the last revision that another submission
-- gave and that was made before it.
CREATE OR REPLACE TEMP TABLE others AS
SELECT
{% for name in history.names %}
    i.{{ name }},
{% endfor %}
    coalesce(bit_or(h.carried) FILTER (
        h.submission_id != i.submission_id AND h.said_at > i.said_at), 0)
    | coalesce(bit_or(h.confirmed) FILTER (
        h.superseded_at IS NULL AND h.confirmed_at > i.said_at), 0) AS later,
    coalesce(bit_or(h.carried) FILTER (h.submission_id = i.submission_id), 0) AS own,
    arg_max(h, h.recorded_at) FILTER (
        h.submission_id != i.submission_id AND h.said_at <= i.said_at) AS before
FROM {{ source }} AS i JOIN held AS h ON {{ history.same("h", "i") }}
GROUP BY
{% for name in history.names %}
    i.{{ name }}{{ "" if loop.last else "," }}
{% endfor %}
