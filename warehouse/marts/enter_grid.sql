-- Enters the slots of a collection that start from `first` on and before `end`, each `length`
-- seconds long; its data is due `due` seconds after its end, and late after `late`.
INSERT INTO warehouse.ops.slot (collection, slot_start, slot_end, due_at, late_after)
SELECT {{ collection | text }},
       slot_start,
       slot_start + to_seconds({{ length }}),
       slot_start + to_seconds({{ length + due }}),
       slot_start + to_seconds({{ length + late }})
FROM (
    SELECT {{ first | instant }} + to_seconds(number * {{ length }}) AS slot_start
    FROM range(CAST(ceil(epoch({{ end | instant }} - {{ first | instant }}) / {{ length }}) AS BIGINT)) AS one(number)
)
