-- What a revision follows is superseded. A value that a file says again is that file's too: an older
-- file cannot overrule it then. DuckLake takes one UPDATE in a MERGE.
MERGE INTO {{ history.table }} AS h
USING (SELECT * FROM compared WHERE kind != 'new' AND leaves IS NOT NULL) AS c
   ON {{ history.same("h", "c") }} AND h.superseded_at IS NULL AND {{ history.in_range }}
WHEN MATCHED THEN UPDATE SET
    superseded_at = CASE WHEN c.leaves = 'revision' THEN {{ moment | stored }} END,
{% for n in range(history.word_count) %}
{% set confirmed = history.words("confirmed")[n] %}
    {{ confirmed }} = CASE WHEN c.leaves = 'revision' THEN h.{{ confirmed }}
                     ELSE {{ history.words("carried", "c.")[n] }} END,
{% endfor %}
    confirmed_at = CASE WHEN c.leaves = 'revision' THEN h.confirmed_at ELSE c.said_at END
