-- What nodes that die, or are replaced, leave to those that go on.

-- `lost_leases` counts the attempts that ended with their node, whatever ended it; they count neither as retries nor as usage.
-- Of these, so many were nodes that died rather than were stopped: it is a suspect, and started with care.
ALTER TABLE queue ADD COLUMN crashes smallint NOT NULL DEFAULT 0;
-- A suspect whose attempt has only just been started: should its node die now, it is the likeliest cause.
ALTER TABLE queue ADD COLUMN on_trial boolean NOT NULL DEFAULT false;
CREATE INDEX queue_trials ON queue (leased_by) WHERE on_trial;

-- Where an occurrence stands in its organization's line: when it is due, and later by a part of its job's interval, so that
-- of what waits together the more frequent goes first. A program that does not know the column puts its rows in front.
ALTER TABLE queue ADD COLUMN line_at timestamptz NOT NULL DEFAULT '-infinity';
CREATE INDEX queue_line ON queue (organization_id, line_at, id) WHERE leased_by IS NULL AND NOT held;
-- For a herd: what is due of each organization, without reading past what is due of another.
CREATE INDEX job_states_due_of_organization ON job_states (organization_id, next_run_at) WHERE next_run_at IS NOT NULL;

-- Lists of the whole organization reach into what is kept, too.
CREATE INDEX kept_executions_of_organization ON kept_executions (organization_id, scheduled_for, id);
-- By it the pruner finds what it no longer has to keep.
ALTER TABLE kept_attempts ADD COLUMN job_id uuid NOT NULL;
CREATE INDEX kept_attempts_of_job ON kept_attempts (organization_id, job_id);

-- Why, and since when, a job's target has had it paused (an answer of 410, or Prikke-Pause); null when people did, or nobody.
ALTER TABLE jobs ADD COLUMN paused_reason text CHECK (char_length(paused_reason) BETWEEN 1 AND 200);
ALTER TABLE jobs ADD COLUMN paused_at timestamptz CHECK ((paused_at IS NULL) = (paused_reason IS NULL));
