-- The held values know what superseded or confirmed them.
MERGE INTO {{ history.table }} AS h
USING (SELECT * {{ changed }}) AS r
   ON {{ history.same("h", "r") }} AND h.superseded_at IS NULL AND {{ history.in_range }}
WHEN MATCHED THEN UPDATE SET
    superseded_at = r.superseded_at,
{% for confirmed in history.words("confirmed") %}
    {{ confirmed }} = CASE WHEN r.{{ confirmed }} IS NULL THEN h.{{ confirmed }}
                     ELSE coalesce(h.{{ confirmed }}, 0) | r.{{ confirmed }} END,
{% endfor %}
    confirmed_at = greatest(h.confirmed_at, r.confirmed_at)
