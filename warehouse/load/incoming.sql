-- `incoming`: the batch's rows, each with its submission.
-- A batch numbers the measures in `carried` in the contract's order, the history in the order in
-- which they came into the contract.
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT r.* REPLACE (
{% if bits.values() | list == range(bits | length) | list %}
           r.carried
{% else %}
           (0
{% for bit in bits.values() %}
           | ((r.carried >> {{ loop.index0 }}) & 1) << {{ bit }}
{% endfor %}
           )::BIGINT
{% endif %}
           AS carried),
       e.submission_id, e.feed_id, e.stage, e.said_at, e.delivery_id, e.position
FROM batch_rows AS r JOIN entry AS e USING (submission_number)
