-- What the dashboard shows of a job's past, folded away so that nobody has to go through its days: history is complete in these two
-- tables for all that was due before job_states.tallied_until, and from there on it is read where it was written.

-- A job's last executions of those days, whatever their status.
CREATE TABLE recent_executions (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    scheduled_for timestamptz NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    finished_at timestamptz NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer NOT NULL,
    PRIMARY KEY (organization_id, job_id, scheduled_for, id),
    FOREIGN KEY (organization_id, job_id) REFERENCES jobs (organization_id, id) ON DELETE CASCADE
);

-- What came of what was due on one of those days, by UTC; without a row nothing was.
CREATE TABLE job_days (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    day timestamptz NOT NULL,
    succeeded integer NOT NULL,
    failed integer NOT NULL,
    not_run bigint NOT NULL,
    median_ms integer,
    p95_ms integer,
    lateness_p50_ms integer,
    lateness_p99_ms integer,
    PRIMARY KEY (organization_id, job_id, day),
    FOREIGN KEY (organization_id, job_id) REFERENCES jobs (organization_id, id) ON DELETE CASCADE
);

-- tally_version moves with everything that makes a tally under way worthless. Of jobs that are there already nothing is folded yet;
-- of a new one nothing lies behind its beginning.
ALTER TABLE job_states
    ADD COLUMN tallied_until timestamptz NOT NULL DEFAULT '0001-01-01 00:00:00+00',
    ADD COLUMN tally_version integer NOT NULL DEFAULT 0;
ALTER TABLE job_states ALTER COLUMN tallied_until SET DEFAULT date_trunc('day', now() - interval '1 hour', 'UTC');

-- Whatever is written of a day that may be folded unfolds it, with everything behind it, in the same transaction: a late retry, an
-- occurrence that is made up, a row that stands for more by now. The half hour is the margin against transactions that began before
-- the tallier, who folds a day an hour after its end.
--
-- What a transaction has unfolded it holds till its end: so its next row of the same job needs no second update. Thousands of one row
-- would each go through all versions before.
CREATE FUNCTION history_is_unfolded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    day timestamptz := date_trunc('day', changed.scheduled_for, 'UTC');
    done text := coalesce(current_setting('prikke.unfolded', true), '');
BEGIN
    IF done LIKE changed.job_id || ' %' AND substring(done FROM 38)::numeric <= extract(epoch FROM day) THEN
        RETURN NULL;
    END IF;
    UPDATE job_states SET tallied_until = least(tallied_until, day), tally_version = tally_version + 1
    WHERE organization_id = changed.organization_id AND job_id = changed.job_id;
    PERFORM set_config('prikke.unfolded', changed.job_id || ' ' || extract(epoch FROM day), true);
    RETURN NULL;
END $$;

CREATE TRIGGER executions_unfold_written AFTER INSERT ON executions FOR EACH ROW
    WHEN (NEW.scheduled_for < date_trunc('day', now() - interval '30 minutes', 'UTC')) EXECUTE FUNCTION history_is_unfolded();
CREATE TRIGGER executions_unfold_changed AFTER UPDATE OR DELETE ON executions FOR EACH ROW
    WHEN (OLD.scheduled_for < date_trunc('day', now() - interval '30 minutes', 'UTC')
        AND current_setting('prikke.erasing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION history_is_unfolded();

-- How many jobs stand how is counted from those that do not stand well.
CREATE INDEX jobs_paused ON jobs (organization_id, id) WHERE deleted_at IS NULL AND (NOT enabled OR paused_until IS NOT NULL);
CREATE INDEX job_states_ill ON job_states (organization_id, job_id) WHERE health <> 'healthy';
