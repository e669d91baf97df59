-- Which measures each submission itself carried: `carried` in a history row has the bit of a measure
-- set where its submission's file had a cell for it. A measure keeps its bit for ever.
CREATE TABLE warehouse.ops.measure (
    collection VARCHAR,
    measure VARCHAR,
    bit INTEGER
);
