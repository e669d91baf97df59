-- What is revised is superseded. A value that a later file says again is that file's too: an older
-- file cannot overrule it then. DuckLake takes one UPDATE in a MERGE.
MERGE INTO {{ history.table }} AS h
USING (SELECT * FROM compared WHERE kind IN ('revised', 'unchanged')) AS c
   ON {{ history.same("h", "c") }} AND h.superseded_at IS NULL AND {{ history.in_range }}
WHEN MATCHED AND (c.kind = 'revised'
                  OR (h.submission_id != c.submission_id AND c.said_at > h.said_at))
THEN UPDATE SET
    superseded_at = CASE WHEN c.kind = 'revised' THEN {{ moment | stored }} END,
{% for n in range(history.word_count) %}
{% set confirmed = history.words("confirmed")[n] %}
    {{ confirmed }} = CASE WHEN c.kind = 'revised' THEN h.{{ confirmed }}
                     ELSE coalesce(h.{{ confirmed }}, 0) | {{ history.words("carried", "c.")[n] }} END,
{% endfor %}
    confirmed_at = CASE WHEN c.kind = 'revised' THEN h.confirmed_at
                        ELSE greatest(h.confirmed_at, c.said_at) END
