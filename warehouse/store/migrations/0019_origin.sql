-- Which warehouse this is: one that is made again from landing is another one.
CREATE TABLE warehouse.ops.origin (id VARCHAR);
INSERT INTO warehouse.ops.origin SELECT uuid()::VARCHAR;
