-- `incoming`: the batch's rows, each with its submission.
-- A batch numbers the measures in `carried` in the contract's order, the history in the order in
-- which they came into the contract. `words` has, for each column of bits, which bit of the batch's
-- columns stands for each of its own; it is empty where both are the same. DuckDB reads `|` and `<<`
-- from the left alike: each part has its own brackets.
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT r.*{% if words %} EXCLUDE ({{ own | join(", ") }})
{% for name, parts in words.items() %}
       , (0
{% for part in parts %}
          | (((r.{{ part.column }} >> {{ part.bit }}) & 1) << {{ part.to }})
{% endfor %}
         )::BIGINT AS {{ name }}
{% endfor %}{% endif %},
       e.submission_id, e.feed_id, e.stage, e.said_at, e.delivery_id, e.position, e.came
FROM batch_rows AS r JOIN entry AS e USING (submission_number)
