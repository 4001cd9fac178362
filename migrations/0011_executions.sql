-- Executions that people cancel, move and run again.

-- By a person, while somebody had leased it: whoever holds it ends it, and nobody begins it (again).
ALTER TABLE queue ADD COLUMN cancelled_at timestamptz;
CREATE INDEX queue_cancelled ON queue (leased_by) WHERE cancelled_at IS NOT NULL;
-- What the schedule lets wait for its turn, without reading past thousands that are run again.
CREATE INDEX queue_turns ON queue (organization_id, job_id, scheduled_for)
    WHERE held AND (NOT made_up OR trigger IN ('schedule', 'backfill'));

-- The body and the reason that a run by hand came with, so that it can be run again as it was.
ALTER TABLE executions ADD COLUMN override jsonb;
ALTER TABLE kept_executions ADD COLUMN override jsonb;

-- What went wrong long ago is as little as what goes wrong today.
CREATE INDEX kept_executions_trouble ON kept_executions (organization_id, scheduled_for, id) WHERE status <> 'success';
