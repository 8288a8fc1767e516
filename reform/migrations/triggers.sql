-- What keeps history append-only. Sections by engine; statements end with a line of two dashes and a semicolon.
-- engine: sqlite
CREATE TRIGGER IF NOT EXISTS event_no_update BEFORE UPDATE ON reform_event
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
--;
CREATE TRIGGER IF NOT EXISTS event_no_delete BEFORE DELETE ON reform_event
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
--;
-- engine: postgresql
CREATE OR REPLACE FUNCTION reform_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$
--;
CREATE OR REPLACE TRIGGER event_no_update BEFORE UPDATE ON reform_event
FOR EACH ROW EXECUTE FUNCTION reform_event_refuse()
--;
CREATE OR REPLACE TRIGGER event_no_delete BEFORE DELETE ON reform_event
FOR EACH ROW EXECUTE FUNCTION reform_event_refuse()
--;
CREATE OR REPLACE TRIGGER event_no_truncate BEFORE TRUNCATE ON reform_event
FOR EACH STATEMENT EXECUTE FUNCTION reform_event_refuse()
--;
