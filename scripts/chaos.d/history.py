"""Every change of the queue and of history, logged by triggers inside the very transactions that make it: invariant I10 is
judged over what happened, not over what a sample saw."""

INSTALL = """
CREATE TABLE chaos_log (
    seq bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    node text DEFAULT current_setting('application_name'), relation text NOT NULL, id uuid NOT NULL, job_id uuid, status text,
    was text, becomes text, old_attempt int, attempt int, old_lost int, lost int, old_token bigint, token bigint);
CREATE FUNCTION chaos_state(held boolean, leased_by uuid) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN held THEN 'held' WHEN leased_by IS NULL THEN 'waiting' ELSE 'leased' END $$;
CREATE FUNCTION chaos_queue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_log (relation, id, job_id, was, becomes, old_attempt, attempt, old_lost, lost, old_token, token) VALUES (
        'queue', coalesce(NEW.id, OLD.id), coalesce(NEW.job_id, OLD.job_id),
        CASE WHEN TG_OP <> 'INSERT' THEN chaos_state(OLD.held, OLD.leased_by) END,
        CASE WHEN TG_OP <> 'DELETE' THEN chaos_state(NEW.held, NEW.leased_by) END,
        OLD.attempt, NEW.attempt, OLD.lost_leases, NEW.lost_leases, OLD.lease_token, NEW.lease_token);
    RETURN NULL; END $$;
CREATE FUNCTION chaos_executions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_log (relation, id, job_id, status, was, becomes) VALUES (
        'executions', coalesce(NEW.id, OLD.id), coalesce(NEW.job_id, OLD.job_id), NEW.status, OLD.status, NEW.status);
    RETURN NULL; END $$;
CREATE TRIGGER chaos AFTER INSERT OR UPDATE OR DELETE ON queue FOR EACH ROW EXECUTE FUNCTION chaos_queue();
CREATE TRIGGER chaos AFTER INSERT OR UPDATE OR DELETE ON executions FOR EACH ROW EXECUTE FUNCTION chaos_executions();
"""

# What may follow what. A lease changes hands only by way of `waiting`; an attempt is counted only when a lease ends.
FORBIDDEN = """
SELECT 'queue' AS what, id, was, becomes, old_attempt, attempt, node FROM chaos_log WHERE relation = 'queue' AND NOT CASE
    WHEN was IS NULL THEN becomes IN ('held', 'waiting') AND attempt = 1 AND lost = 0
    WHEN becomes IS NULL THEN true
    WHEN was = 'held' THEN becomes IN ('held', 'waiting') AND attempt = old_attempt
    WHEN was = 'waiting' THEN becomes IN ('waiting', 'leased') AND attempt = old_attempt AND lost = old_lost
    WHEN becomes = 'leased' THEN token = old_token AND attempt = old_attempt
    ELSE becomes = 'waiting' AND attempt - old_attempt IN (0, 1) AND lost - old_lost IN (0, attempt - old_attempt) END
UNION ALL
SELECT 'history changed', id, was, becomes, NULL, NULL, node FROM chaos_log WHERE relation = 'executions' AND was IS NOT NULL
UNION ALL
SELECT 'history without queue', e.id, NULL, e.becomes, NULL, NULL, e.node FROM chaos_log e
    WHERE e.relation = 'executions' AND e.was IS NULL AND e.status NOT IN ('missed', 'skipped') AND NOT EXISTS (
        SELECT FROM chaos_log q WHERE q.relation = 'queue' AND q.id = e.id AND q.tx = e.tx AND q.becomes IS NULL)
UNION ALL
SELECT 'queued again after its end', q.id, NULL, q.becomes, NULL, NULL, q.node FROM chaos_log q
    JOIN chaos_log e ON e.relation = 'executions' AND e.id = q.id AND e.seq < q.seq WHERE q.relation = 'queue' AND q.becomes IS NOT NULL
"""

# A row may leave the queue without a trace only while its job is being edited, which a row of ours must have said.
VANISHED = """
SELECT 'left the queue without a record' AS what, q.id, q.was, q.becomes, q.old_attempt, q.attempt, q.node FROM chaos_log q
    WHERE q.relation = 'queue' AND q.becomes IS NULL AND NOT EXISTS (
        SELECT FROM chaos_log e WHERE e.relation = 'executions' AND e.id = q.id AND e.tx = q.tx)
"""
