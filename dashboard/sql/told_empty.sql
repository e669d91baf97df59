-- Where `told` collects the slots of an area.
CREATE OR REPLACE TEMP TABLE told (
    collection VARCHAR, code VARCHAR, measure VARCHAR, value DOUBLE, slot_start TIMESTAMP,
    slot_start_london TIMESTAMP, is_whole BOOLEAN
)
