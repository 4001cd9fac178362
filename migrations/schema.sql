-- Made by scripts/dump-schema from the migrations. Not to be edited.

CREATE FUNCTION public.audit_log_is_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF current_setting('prikke.erasing', true) = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'the audit log is not changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION public.history_is_unfolded() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.job_search_text(name text, key text, config jsonb, tags text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT lower(concat_ws(E'\n', name, key, config ->> 'url', array_to_string(tags, E'\n')))
$$;

CREATE FUNCTION public.job_subject(job uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT 'job_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits FROM n * 5 + 1 FOR 5)::bit(5)::integer + 1, 1), '' ORDER BY n)
    FROM (SELECT B'00' || ('x' || replace(job::text, '-', ''))::bit(128) AS bits) b, generate_series(0, 25) n
$$;

CREATE FUNCTION public.new_id(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    secret_hash bytea NOT NULL,
    previous_secret_hash bytea,
    previous_until timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_check CHECK (((previous_secret_hash IS NULL) = (previous_until IS NULL))),
    CONSTRAINT api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT api_keys_previous_secret_hash_check CHECK ((length(previous_secret_hash) = 32)),
    CONSTRAINT api_keys_scopes_check CHECK (((scopes <@ ARRAY['read'::text, 'write'::text, 'manage'::text]) AND (cardinality(scopes) >= 1))),
    CONSTRAINT api_keys_secret_hash_check CHECK ((length(secret_hash) = 32))
);

CREATE TABLE public.attempts (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT attempts_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text])))
)
PARTITION BY LIST (keep_days);

CREATE TABLE public.attempts_keep_30 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT attempts_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.attempts_keep_7 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT attempts_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.attempts_keep_90 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean DEFAULT false NOT NULL,
    CONSTRAINT attempts_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT attempts_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.audit_log (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    via text NOT NULL,
    address text,
    request_id uuid,
    CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]+(\.[a-z_]+)+$'::text)),
    CONSTRAINT audit_log_actor_check CHECK ((actor = ANY (ARRAY['user'::text, 'key'::text, 'system'::text, 'operator'::text, 'erased'::text]))),
    CONSTRAINT audit_log_check CHECK (((actor_id IS NOT NULL) = (actor = ANY (ARRAY['user'::text, 'key'::text])))),
    CONSTRAINT audit_log_via_check CHECK ((via = ANY (ARRAY['page'::text, 'api'::text, 'sync'::text, 'cli'::text, 'billing'::text, 'engine'::text])))
);

CREATE TABLE public.breakers (
    organization_id uuid NOT NULL,
    host text NOT NULL,
    failures integer NOT NULL,
    opened_at timestamp with time zone,
    probe_at timestamp with time zone,
    probes integer DEFAULT 0 NOT NULL,
    probe_id uuid,
    failed_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.channels (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    sealed bytea NOT NULL,
    shown text NOT NULL,
    confirmed_at timestamp with time zone,
    confirmation bytea,
    enabled boolean NOT NULL,
    switched_off_at timestamp with time zone,
    switched_off_reason text,
    refused_at timestamp with time zone,
    failing_since timestamp with time zone,
    resting_until timestamp with time zone,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT channels_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

CREATE TABLE public.deliveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    channel_id uuid NOT NULL,
    event text NOT NULL,
    subject text,
    incident_id uuid,
    message jsonb NOT NULL,
    outbox_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    next_try_at timestamp with time zone,
    leased_until timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    error text,
    CONSTRAINT deliveries_check CHECK (((next_try_at IS NULL) = (finished_at IS NOT NULL))),
    CONSTRAINT deliveries_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'unknown'::text, 'joined'::text])))
);

CREATE TABLE public.delivery_attempts (
    organization_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    answer text,
    error text
);

CREATE TABLE public.entitlements (
    organization_id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    plan text NOT NULL,
    valid_until timestamp with time zone,
    jobs integer,
    executions_per_month bigint,
    shortest_interval_s integer NOT NULL,
    keep_days smallint NOT NULL,
    members integer,
    concurrency integer NOT NULL,
    timeout_s integer NOT NULL,
    plugins text[],
    CONSTRAINT entitlements_concurrency_check CHECK ((concurrency >= 1)),
    CONSTRAINT entitlements_executions_per_month_check CHECK ((executions_per_month >= 0)),
    CONSTRAINT entitlements_jobs_check CHECK ((jobs >= 0)),
    CONSTRAINT entitlements_keep_days_check CHECK ((keep_days = ANY (ARRAY[7, 30, 90]))),
    CONSTRAINT entitlements_members_check CHECK ((members >= 1)),
    CONSTRAINT entitlements_shortest_interval_s_check CHECK ((shortest_interval_s >= 1)),
    CONSTRAINT entitlements_timeout_s_check CHECK ((timeout_s >= 1))
);

CREATE TABLE public.erasures (
    id uuid NOT NULL,
    kind text NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    CONSTRAINT erasures_kind_check CHECK ((kind = ANY (ARRAY['organization'::text, 'user'::text])))
);

CREATE UNLOGGED TABLE public.event_listeners (
    node_id uuid NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.executions (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    reason text,
    attempt smallint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer DEFAULT 1 NOT NULL,
    last_scheduled_for timestamp with time zone,
    repeat_of uuid,
    override jsonb,
    CONSTRAINT executions_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT executions_check1 CHECK (((count > 1) = (last_scheduled_for IS NOT NULL))),
    CONSTRAINT executions_count_check CHECK ((count >= 1)),
    CONSTRAINT executions_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT executions_lateness_ms_check CHECK ((lateness_ms >= 0)),
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'missed'::text, 'skipped'::text, 'cancelled'::text])))
)
PARTITION BY LIST (keep_days);

CREATE TABLE public.executions_keep_30 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    reason text,
    attempt smallint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer DEFAULT 1 NOT NULL,
    last_scheduled_for timestamp with time zone,
    repeat_of uuid,
    override jsonb,
    CONSTRAINT executions_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT executions_check1 CHECK (((count > 1) = (last_scheduled_for IS NOT NULL))),
    CONSTRAINT executions_count_check CHECK ((count >= 1)),
    CONSTRAINT executions_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT executions_lateness_ms_check CHECK ((lateness_ms >= 0)),
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'missed'::text, 'skipped'::text, 'cancelled'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.executions_keep_7 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    reason text,
    attempt smallint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer DEFAULT 1 NOT NULL,
    last_scheduled_for timestamp with time zone,
    repeat_of uuid,
    override jsonb,
    CONSTRAINT executions_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT executions_check1 CHECK (((count > 1) = (last_scheduled_for IS NOT NULL))),
    CONSTRAINT executions_count_check CHECK ((count >= 1)),
    CONSTRAINT executions_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT executions_lateness_ms_check CHECK ((lateness_ms >= 0)),
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'missed'::text, 'skipped'::text, 'cancelled'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.executions_keep_90 (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    reason text,
    attempt smallint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer DEFAULT 1 NOT NULL,
    last_scheduled_for timestamp with time zone,
    repeat_of uuid,
    override jsonb,
    CONSTRAINT executions_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT executions_check1 CHECK (((count > 1) = (last_scheduled_for IS NOT NULL))),
    CONSTRAINT executions_count_check CHECK ((count >= 1)),
    CONSTRAINT executions_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT executions_lateness_ms_check CHECK ((lateness_ms >= 0)),
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'missed'::text, 'skipped'::text, 'cancelled'::text])))
)
PARTITION BY RANGE (scheduled_for);

CREATE TABLE public.former_addresses (
    user_id uuid NOT NULL,
    email text NOT NULL
);

CREATE TABLE public.former_slugs (
    slug text NOT NULL,
    organization_id uuid NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.idempotency_keys (
    organization_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    name bytea NOT NULL,
    request bytea NOT NULL,
    request_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    held_until timestamp with time zone NOT NULL,
    status smallint,
    headers jsonb,
    sealed bytea,
    CONSTRAINT idempotency_keys_name_check CHECK ((length(name) = 32)),
    CONSTRAINT idempotency_keys_request_check CHECK ((length(request) = 32))
);

CREATE TABLE public.incidents (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    job_id uuid,
    host text,
    subject text NOT NULL,
    reason text,
    detail text,
    execution_id uuid,
    count integer DEFAULT 1 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closing_execution_id uuid,
    closed_reason text,
    look_at timestamp with time zone,
    CONSTRAINT incidents_check CHECK (((job_id IS NULL) = (kind = 'breaker'::text))),
    CONSTRAINT incidents_kind_check CHECK ((kind = ANY (ARRAY['failing'::text, 'missed'::text, 'breaker'::text, 'stopped'::text, 'set_aside'::text])))
);

CREATE TABLE public.invites (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    token_hash bytea NOT NULL,
    invited_by uuid,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT invites_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT invites_token_hash_check CHECK ((length(token_hash) = 32))
);

CREATE TABLE public.job_days (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    day timestamp with time zone NOT NULL,
    succeeded integer NOT NULL,
    failed integer NOT NULL,
    not_run bigint NOT NULL,
    median_ms integer,
    p95_ms integer,
    lateness_p50_ms integer,
    lateness_p99_ms integer
);

CREATE TABLE public.job_states (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    next_run_at timestamp with time zone,
    set_aside text,
    health text DEFAULT 'healthy'::text NOT NULL,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    last_execution_id uuid,
    last_status text,
    last_finished_at timestamp with time zone,
    passing_from timestamp with time zone,
    pass_at timestamp with time zone,
    stretch_from timestamp with time zone,
    stretch_reason text,
    row_from timestamp with time zone,
    row_count integer,
    tallied_until timestamp with time zone DEFAULT date_trunc('day'::text, (now() - '01:00:00'::interval), 'UTC'::text) NOT NULL,
    tally_version integer DEFAULT 0 NOT NULL,
    late_for timestamp with time zone,
    CONSTRAINT job_states_health_check CHECK ((health = ANY (ARRAY['healthy'::text, 'late'::text, 'failing'::text, 'paused'::text])))
)
WITH (fillfactor='60', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');

CREATE TABLE public.jobs (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    key text,
    name text NOT NULL,
    plugin text NOT NULL,
    config jsonb NOT NULL,
    schedule jsonb,
    schedule_set_at timestamp with time zone NOT NULL,
    shortest_interval_ms bigint,
    timeout_ms integer NOT NULL,
    retries jsonb NOT NULL,
    missed text NOT NULL,
    missed_limit integer NOT NULL,
    start_deadline_s integer,
    overlap text NOT NULL,
    success jsonb NOT NULL,
    alerts jsonb,
    tags text[] NOT NULL,
    enabled boolean NOT NULL,
    paused_until timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    paused_reason text,
    paused_at timestamp with time zone,
    sealed_config bytea,
    managed_by text,
    search_text text GENERATED ALWAYS AS (public.job_search_text(name, key, config, tags)) STORED,
    CONSTRAINT jobs_check CHECK (((paused_at IS NULL) = (paused_reason IS NULL))),
    CONSTRAINT jobs_key_check CHECK ((key ~ '^[a-z0-9][a-z0-9._/-]{0,99}$'::text)),
    CONSTRAINT jobs_managed_by_check CHECK ((managed_by = 'sync'::text)),
    CONSTRAINT jobs_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'last'::text, 'all'::text]))),
    CONSTRAINT jobs_missed_limit_check CHECK (((missed_limit >= 1) AND (missed_limit <= 100))),
    CONSTRAINT jobs_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT jobs_overlap_check CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text, 'allow'::text]))),
    CONSTRAINT jobs_paused_reason_check CHECK (((char_length(paused_reason) >= 1) AND (char_length(paused_reason) <= 200))),
    CONSTRAINT jobs_start_deadline_s_check CHECK ((start_deadline_s >= 1)),
    CONSTRAINT jobs_tags_check CHECK ((cardinality(tags) <= 20)),
    CONSTRAINT jobs_timeout_ms_check CHECK ((timeout_ms >= 1000))
);

CREATE TABLE public.kept_attempts (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    error_message text,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT attempts_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT attempts_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text])))
);

CREATE TABLE public.kept_executions (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL,
    reason text,
    attempt smallint NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer NOT NULL,
    last_scheduled_for timestamp with time zone,
    repeat_of uuid,
    override jsonb,
    CONSTRAINT executions_check CHECK (((status = 'success'::text) = (reason IS NULL))),
    CONSTRAINT executions_check1 CHECK (((count > 1) = (last_scheduled_for IS NOT NULL))),
    CONSTRAINT executions_count_check CHECK ((count >= 1)),
    CONSTRAINT executions_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT executions_lateness_ms_check CHECK ((lateness_ms >= 0)),
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['success'::text, 'failed'::text, 'timeout'::text, 'missed'::text, 'skipped'::text, 'cancelled'::text])))
);

CREATE TABLE public.known_browsers (
    user_id uuid NOT NULL,
    browser_hash bytea NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    CONSTRAINT known_browsers_browser_hash_check CHECK ((length(browser_hash) = 32))
);

CREATE TABLE public.lanes (
    organization_id uuid NOT NULL,
    max_running integer NOT NULL,
    running integer DEFAULT 0 NOT NULL,
    next_due timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT lanes_max_running_check CHECK ((max_running >= 1)),
    CONSTRAINT lanes_running_check CHECK ((running >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');

CREATE SEQUENCE public.lease_tokens
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.magic_links (
    id uuid NOT NULL,
    purpose text NOT NULL,
    token_hash bytea NOT NULL,
    code_hash bytea,
    browser_hash bytea,
    tries smallint DEFAULT 0 NOT NULL,
    email text NOT NULL,
    user_id uuid,
    organization_name text,
    next_path text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT magic_links_browser_hash_check CHECK ((length(browser_hash) = 32)),
    CONSTRAINT magic_links_check CHECK (((purpose = 'sign_in'::text) = (browser_hash IS NOT NULL))),
    CONSTRAINT magic_links_check1 CHECK (((purpose = 'sign_in'::text) = (user_id IS NULL))),
    CONSTRAINT magic_links_code_hash_check CHECK ((length(code_hash) = 32)),
    CONSTRAINT magic_links_purpose_check CHECK ((purpose = ANY (ARRAY['sign_in'::text, 'new_address'::text, 'old_address'::text]))),
    CONSTRAINT magic_links_token_hash_check CHECK ((length(token_hash) = 32))
);

CREATE TABLE public.mail_events (
    digest bytea NOT NULL,
    event text NOT NULL,
    recipient text NOT NULL,
    is_soft boolean NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.memberships (
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT memberships_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text, 'viewer'::text])))
);

CREATE TABLE public.nodes (
    id uuid NOT NULL,
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    alive_until timestamp with time zone NOT NULL,
    last_tick_at timestamp with time zone,
    clock_offset_us bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.notices (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    facts jsonb NOT NULL,
    cause text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone
);

CREATE TABLE public.organizations (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    erasing_at timestamp with time zone,
    CONSTRAINT organizations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT organizations_slug_check CHECK ((slug ~ '^[a-z0-9-]{3,40}$'::text))
);

CREATE TABLE public.outbox (
    id uuid NOT NULL,
    organization_id uuid,
    kind text NOT NULL,
    recipient text NOT NULL,
    sealed bytea,
    created_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone,
    expires_at timestamp with time zone,
    leased_until timestamp with time zone,
    tries integer DEFAULT 0 NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    finished_at timestamp with time zone,
    error text,
    provider_id text,
    CONSTRAINT outbox_check CHECK (((next_try_at IS NULL) = (finished_at IS NOT NULL))),
    CONSTRAINT outbox_check1 CHECK (
CASE status
    WHEN 'unknown'::text THEN true
    WHEN 'waiting'::text THEN (next_try_at IS NOT NULL)
    WHEN 'sending'::text THEN (next_try_at IS NOT NULL)
    ELSE (next_try_at IS NULL)
END),
    CONSTRAINT outbox_check2 CHECK (((sealed IS NOT NULL) OR (next_try_at IS NULL))),
    CONSTRAINT outbox_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'unknown'::text, 'expired'::text, 'suppressed'::text])))
);

CREATE TABLE public.queue (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    trigger text NOT NULL,
    attempt smallint DEFAULT 1 NOT NULL,
    lost_leases smallint DEFAULT 0 NOT NULL,
    keep_days smallint NOT NULL,
    held boolean DEFAULT false NOT NULL,
    override jsonb,
    repeat_of uuid,
    started_at timestamp with time zone,
    leased_by uuid,
    lease_token bigint,
    crashes smallint DEFAULT 0 NOT NULL,
    on_trial boolean DEFAULT false NOT NULL,
    line_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    made_up boolean DEFAULT false NOT NULL,
    cancelled_at timestamp with time zone,
    held_for text,
    CONSTRAINT queue_attempt_check CHECK ((attempt >= 1)),
    CONSTRAINT queue_check CHECK (((leased_by IS NULL) = (lease_token IS NULL))),
    CONSTRAINT queue_check1 CHECK ((NOT (held AND (leased_by IS NOT NULL)))),
    CONSTRAINT queue_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'api'::text, 'replay'::text, 'backfill'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');

CREATE UNLOGGED TABLE public.rate_counts (
    subject bytea NOT NULL,
    window_start timestamp with time zone NOT NULL,
    window_end timestamp with time zone NOT NULL,
    used integer NOT NULL,
    CONSTRAINT rate_counts_subject_check CHECK ((length(subject) = 32))
);

CREATE TABLE public.recent_executions (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    finished_at timestamp with time zone NOT NULL,
    status_code smallint,
    duration_ms integer,
    lateness_ms integer,
    error_message text,
    count integer NOT NULL
);

CREATE TABLE public.schedule_periods (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    schedule jsonb NOT NULL,
    schedule_set_at timestamp with time zone NOT NULL,
    checked_until timestamp with time zone NOT NULL,
    unexplained bigint DEFAULT 0 NOT NULL,
    unexplained_at timestamp with time zone
);

CREATE TABLE public.sealing_keys (
    id text NOT NULL,
    first_used_at timestamp with time zone NOT NULL,
    CONSTRAINT sealing_keys_id_check CHECK ((id ~ '^[0-9a-f]{8}$'::text))
);

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    device text NOT NULL,
    address text,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_token_hash_check CHECK ((length(token_hash) = 32))
);

CREATE TABLE public.signing_secrets (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone
);

CREATE TABLE public.silences (
    organization_id uuid NOT NULL,
    subject text NOT NULL,
    until timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.suppressions (
    recipient text NOT NULL,
    cause text NOT NULL,
    detail text,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.tellings (
    organization_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    opening_told_at timestamp with time zone NOT NULL,
    reminded_at timestamp with time zone,
    closing_told_at timestamp with time zone
);

CREATE TABLE public.usage_counters (
    organization_id uuid NOT NULL,
    month date NOT NULL,
    executions bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='60');

CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND ((char_length(email) >= 3) AND (char_length(email) <= 254))))
);

CREATE TABLE public.zone_rules (
    zone text NOT NULL,
    fingerprint bytea NOT NULL,
    version text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    contested_at timestamp with time zone,
    CONSTRAINT zone_rules_fingerprint_check CHECK ((length(fingerprint) = 32))
);

ALTER TABLE ONLY public.attempts ATTACH PARTITION public.attempts_keep_30 FOR VALUES IN ('30');

ALTER TABLE ONLY public.attempts ATTACH PARTITION public.attempts_keep_7 FOR VALUES IN ('7');

ALTER TABLE ONLY public.attempts ATTACH PARTITION public.attempts_keep_90 FOR VALUES IN ('90');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_keep_30 FOR VALUES IN ('30');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_keep_7 FOR VALUES IN ('7');

ALTER TABLE ONLY public.executions ATTACH PARTITION public.executions_keep_90 FOR VALUES IN ('90');

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (organization_id, execution_id, keep_days, scheduled_for, number);

ALTER TABLE ONLY public.attempts_keep_30
    ADD CONSTRAINT attempts_keep_30_pkey PRIMARY KEY (organization_id, execution_id, keep_days, scheduled_for, number);

ALTER TABLE ONLY public.attempts_keep_7
    ADD CONSTRAINT attempts_keep_7_pkey PRIMARY KEY (organization_id, execution_id, keep_days, scheduled_for, number);

ALTER TABLE ONLY public.attempts_keep_90
    ADD CONSTRAINT attempts_keep_90_pkey PRIMARY KEY (organization_id, execution_id, keep_days, scheduled_for, number);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.breakers
    ADD CONSTRAINT breakers_pkey PRIMARY KEY (organization_id, host);

ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.delivery_attempts
    ADD CONSTRAINT delivery_attempts_pkey PRIMARY KEY (organization_id, delivery_id, number);

ALTER TABLE ONLY public.entitlements
    ADD CONSTRAINT entitlements_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event_listeners
    ADD CONSTRAINT event_listeners_pkey PRIMARY KEY (node_id);

ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (organization_id, id, keep_days, scheduled_for);

ALTER TABLE ONLY public.executions_keep_30
    ADD CONSTRAINT executions_keep_30_pkey PRIMARY KEY (organization_id, id, keep_days, scheduled_for);

ALTER TABLE ONLY public.executions_keep_7
    ADD CONSTRAINT executions_keep_7_pkey PRIMARY KEY (organization_id, id, keep_days, scheduled_for);

ALTER TABLE ONLY public.executions_keep_90
    ADD CONSTRAINT executions_keep_90_pkey PRIMARY KEY (organization_id, id, keep_days, scheduled_for);

ALTER TABLE ONLY public.former_addresses
    ADD CONSTRAINT former_addresses_pkey PRIMARY KEY (user_id, email);

ALTER TABLE ONLY public.former_slugs
    ADD CONSTRAINT former_slugs_pkey PRIMARY KEY (slug);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, api_key_id, name);

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_email_key UNIQUE (organization_id, email);

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.job_days
    ADD CONSTRAINT job_days_pkey PRIMARY KEY (organization_id, job_id, day);

ALTER TABLE ONLY public.job_states
    ADD CONSTRAINT job_states_pkey PRIMARY KEY (organization_id, job_id);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.kept_attempts
    ADD CONSTRAINT kept_attempts_pkey PRIMARY KEY (organization_id, execution_id, number);

ALTER TABLE ONLY public.kept_executions
    ADD CONSTRAINT kept_executions_pkey PRIMARY KEY (organization_id, job_id, scheduled_for, id);

ALTER TABLE ONLY public.known_browsers
    ADD CONSTRAINT known_browsers_pkey PRIMARY KEY (user_id, browser_hash);

ALTER TABLE ONLY public.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY public.magic_links
    ADD CONSTRAINT magic_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.magic_links
    ADD CONSTRAINT magic_links_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.mail_events
    ADD CONSTRAINT mail_events_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id);

ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_organization_id_cause_key UNIQUE (organization_id, cause);

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.rate_counts
    ADD CONSTRAINT rate_counts_pkey PRIMARY KEY (subject);

ALTER TABLE ONLY public.recent_executions
    ADD CONSTRAINT recent_executions_pkey PRIMARY KEY (organization_id, job_id, scheduled_for, id);

ALTER TABLE ONLY public.schedule_periods
    ADD CONSTRAINT schedule_periods_pkey PRIMARY KEY (organization_id, job_id, starts_at);

ALTER TABLE ONLY public.sealing_keys
    ADD CONSTRAINT sealing_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.signing_secrets
    ADD CONSTRAINT signing_secrets_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.silences
    ADD CONSTRAINT silences_pkey PRIMARY KEY (organization_id, subject);

ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_pkey PRIMARY KEY (recipient);

ALTER TABLE ONLY public.tellings
    ADD CONSTRAINT tellings_pkey PRIMARY KEY (organization_id, incident_id, channel_id);

ALTER TABLE ONLY public.usage_counters
    ADD CONSTRAINT usage_counters_pkey PRIMARY KEY (organization_id, month);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.zone_rules
    ADD CONSTRAINT zone_rules_pkey PRIMARY KEY (zone);

CREATE INDEX api_keys_of_creator ON public.api_keys USING btree (created_by) WHERE (created_by IS NOT NULL);

CREATE INDEX api_keys_of_organization ON public.api_keys USING btree (organization_id, id);

CREATE INDEX audit_log_of_actor ON public.audit_log USING btree (actor_id) WHERE (actor_id IS NOT NULL);

CREATE INDEX audit_log_of_request ON public.audit_log USING btree (organization_id, request_id) WHERE (request_id IS NOT NULL);

CREATE INDEX audit_log_of_subject ON public.audit_log USING btree (organization_id, subject, id);

CREATE INDEX breakers_open ON public.breakers USING btree (organization_id, host) WHERE (opened_at IS NOT NULL);

CREATE UNIQUE INDEX channels_confirmation ON public.channels USING btree (confirmation) WHERE (confirmation IS NOT NULL);

CREATE INDEX deliveries_by_age ON public.deliveries USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX deliveries_by_time ON public.deliveries USING btree (organization_id, created_at DESC, id DESC);

CREATE INDEX deliveries_due ON public.deliveries USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX deliveries_due_of_channel ON public.deliveries USING btree (organization_id, channel_id, next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX deliveries_of_channel ON public.deliveries USING btree (organization_id, channel_id, created_at DESC, id DESC);

CREATE INDEX executions_stretches ON ONLY public.executions USING btree (organization_id, job_id, last_scheduled_for) WHERE (count > 1);

CREATE INDEX executions_keep_30_organization_id_job_id_last_scheduled_fo_idx ON ONLY public.executions_keep_30 USING btree (organization_id, job_id, last_scheduled_for) WHERE (count > 1);

CREATE UNIQUE INDEX executions_once ON ONLY public.executions USING btree (organization_id, job_id, scheduled_for, keep_days, (
CASE
    WHEN (trigger = 'schedule'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE id
END));

CREATE UNIQUE INDEX executions_keep_30_organization_id_job_id_scheduled_for_kee_idx ON ONLY public.executions_keep_30 USING btree (organization_id, job_id, scheduled_for, keep_days, (
CASE
    WHEN (trigger = 'schedule'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE id
END));

CREATE INDEX executions_list ON ONLY public.executions USING btree (organization_id, scheduled_for, id);

CREATE INDEX executions_keep_30_organization_id_scheduled_for_id_idx ON ONLY public.executions_keep_30 USING btree (organization_id, scheduled_for, id);

CREATE INDEX executions_trouble ON ONLY public.executions USING btree (organization_id, scheduled_for, id) WHERE (status <> 'success'::text);

CREATE INDEX executions_keep_30_organization_id_scheduled_for_id_idx1 ON ONLY public.executions_keep_30 USING btree (organization_id, scheduled_for, id) WHERE (status <> 'success'::text);

CREATE INDEX executions_keep_7_organization_id_job_id_last_scheduled_for_idx ON ONLY public.executions_keep_7 USING btree (organization_id, job_id, last_scheduled_for) WHERE (count > 1);

CREATE UNIQUE INDEX executions_keep_7_organization_id_job_id_scheduled_for_keep_idx ON ONLY public.executions_keep_7 USING btree (organization_id, job_id, scheduled_for, keep_days, (
CASE
    WHEN (trigger = 'schedule'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE id
END));

CREATE INDEX executions_keep_7_organization_id_scheduled_for_id_idx ON ONLY public.executions_keep_7 USING btree (organization_id, scheduled_for, id);

CREATE INDEX executions_keep_7_organization_id_scheduled_for_id_idx1 ON ONLY public.executions_keep_7 USING btree (organization_id, scheduled_for, id) WHERE (status <> 'success'::text);

CREATE INDEX executions_keep_90_organization_id_job_id_last_scheduled_fo_idx ON ONLY public.executions_keep_90 USING btree (organization_id, job_id, last_scheduled_for) WHERE (count > 1);

CREATE UNIQUE INDEX executions_keep_90_organization_id_job_id_scheduled_for_kee_idx ON ONLY public.executions_keep_90 USING btree (organization_id, job_id, scheduled_for, keep_days, (
CASE
    WHEN (trigger = 'schedule'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE id
END));

CREATE INDEX executions_keep_90_organization_id_scheduled_for_id_idx ON ONLY public.executions_keep_90 USING btree (organization_id, scheduled_for, id);

CREATE INDEX executions_keep_90_organization_id_scheduled_for_id_idx1 ON ONLY public.executions_keep_90 USING btree (organization_id, scheduled_for, id) WHERE (status <> 'success'::text);

CREATE INDEX former_slugs_of_organization ON public.former_slugs USING btree (organization_id);

CREATE INDEX idempotency_keys_old ON public.idempotency_keys USING btree (created_at);

CREATE INDEX incidents_by_time ON public.incidents USING btree (organization_id, opened_at DESC, id DESC);

CREATE INDEX incidents_of_job ON public.incidents USING btree (organization_id, job_id, opened_at DESC) WHERE (job_id IS NOT NULL);

CREATE INDEX incidents_of_subject ON public.incidents USING btree (organization_id, subject, closed_at);

CREATE UNIQUE INDEX incidents_open_of_host ON public.incidents USING btree (organization_id, host) WHERE ((closed_at IS NULL) AND (job_id IS NULL));

CREATE UNIQUE INDEX incidents_open_of_job ON public.incidents USING btree (organization_id, job_id, kind) WHERE ((closed_at IS NULL) AND (job_id IS NOT NULL));

CREATE INDEX incidents_pending ON public.incidents USING btree (organization_id, look_at) WHERE (look_at IS NOT NULL);

CREATE INDEX incidents_to_look_at ON public.incidents USING btree (look_at) WHERE (look_at IS NOT NULL);

CREATE INDEX invites_of_email ON public.invites USING btree (email);

CREATE INDEX invites_of_inviter ON public.invites USING btree (invited_by) WHERE (invited_by IS NOT NULL);

CREATE INDEX invites_over ON public.invites USING btree (expires_at);

CREATE UNIQUE INDEX invites_token ON public.invites USING btree (token_hash);

CREATE INDEX job_states_due ON public.job_states USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);

CREATE INDEX job_states_due_of_organization ON public.job_states USING btree (organization_id, next_run_at) WHERE (next_run_at IS NOT NULL);

CREATE INDEX job_states_ill ON public.job_states USING btree (organization_id, job_id) WHERE (health <> 'healthy'::text);

CREATE INDEX job_states_passing ON public.job_states USING btree (pass_at) WHERE (pass_at IS NOT NULL);

CREATE INDEX jobs_by_change ON public.jobs USING btree (organization_id, updated_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX jobs_by_name ON public.jobs USING btree (organization_id, lower(name) COLLATE "C", id) WHERE (deleted_at IS NULL);

CREATE INDEX jobs_deleted ON public.jobs USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX jobs_deleted_of_organization ON public.jobs USING btree (organization_id, deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE UNIQUE INDEX jobs_key ON public.jobs USING btree (organization_id, key) WHERE (deleted_at IS NULL);

CREATE INDEX jobs_paused ON public.jobs USING btree (organization_id, id) WHERE ((deleted_at IS NULL) AND ((NOT enabled) OR (paused_until IS NOT NULL)));

CREATE INDEX jobs_removed ON public.jobs USING btree (organization_id, key, deleted_at) WHERE ((deleted_at IS NOT NULL) AND (managed_by IS NOT NULL));

CREATE INDEX jobs_sealed ON public.jobs USING btree (organization_id, id) WHERE (sealed_config IS NOT NULL);

CREATE INDEX jobs_zones ON public.jobs USING btree (((schedule ->> 'timezone'::text)), organization_id, id) WHERE ((deleted_at IS NULL) AND (schedule ? 'cron'::text));

CREATE INDEX kept_attempts_of_job ON public.kept_attempts USING btree (organization_id, job_id);

CREATE INDEX kept_executions_list ON public.kept_executions USING btree (organization_id, scheduled_for, id);

CREATE INDEX kept_executions_of_organization ON public.kept_executions USING btree (organization_id, scheduled_for, id);

CREATE INDEX kept_executions_trouble ON public.kept_executions USING btree (organization_id, scheduled_for, id) WHERE (status <> 'success'::text);

CREATE INDEX lanes_due ON public.lanes USING btree (next_due);

CREATE INDEX magic_links_of_browser ON public.magic_links USING btree (browser_hash) WHERE (browser_hash IS NOT NULL);

CREATE INDEX magic_links_of_email ON public.magic_links USING btree (email);

CREATE INDEX magic_links_of_user ON public.magic_links USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX magic_links_over ON public.magic_links USING btree (expires_at);

CREATE INDEX mail_events_by_age ON public.mail_events USING btree (at);

CREATE INDEX mail_events_of_recipient ON public.mail_events USING btree (recipient, at);

CREATE INDEX memberships_of_user ON public.memberships USING btree (user_id);

CREATE INDEX notices_untold ON public.notices USING btree (created_at) WHERE (told_at IS NULL);

CREATE INDEX organizations_deleted ON public.organizations USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX outbox_by_age ON public.outbox USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE INDEX outbox_by_provider ON public.outbox USING btree (provider_id) WHERE (provider_id IS NOT NULL);

CREATE INDEX outbox_due ON public.outbox USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX outbox_of_organization ON public.outbox USING btree (organization_id) WHERE (organization_id IS NOT NULL);

CREATE INDEX outbox_of_recipient ON public.outbox USING btree (recipient);

CREATE INDEX queue_cancelled ON public.queue USING btree (leased_by) WHERE (cancelled_at IS NOT NULL);

CREATE INDEX queue_claim ON public.queue USING btree (organization_id, due_at, id) WHERE ((leased_by IS NULL) AND (NOT held));

CREATE INDEX queue_held ON public.queue USING btree (organization_id, job_id, scheduled_for) WHERE held;

CREATE INDEX queue_held_for ON public.queue USING btree (organization_id, held_for, due_at) WHERE (held_for IS NOT NULL);

CREATE INDEX queue_leases ON public.queue USING btree (leased_by) WHERE (leased_by IS NOT NULL);

CREATE INDEX queue_line ON public.queue USING btree (organization_id, line_at, id) WHERE ((leased_by IS NULL) AND (NOT held));

CREATE INDEX queue_made_up ON public.queue USING btree (organization_id, job_id) WHERE made_up;

CREATE UNIQUE INDEX queue_once ON public.queue USING btree (organization_id, job_id, scheduled_for, (
CASE
    WHEN (trigger = 'schedule'::text) THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE id
END));

CREATE INDEX queue_trials ON public.queue USING btree (leased_by) WHERE on_trial;

CREATE INDEX queue_turns ON public.queue USING btree (organization_id, job_id, scheduled_for) WHERE (held AND ((NOT made_up) OR (trigger = ANY (ARRAY['schedule'::text, 'backfill'::text]))));

CREATE INDEX rate_counts_over ON public.rate_counts USING btree (window_end);

CREATE INDEX schedule_periods_over ON public.schedule_periods USING btree (ends_at) WHERE (ends_at IS NOT NULL);

CREATE INDEX schedule_periods_unchecked ON public.schedule_periods USING btree (checked_until);

CREATE INDEX schedule_periods_unexplained ON public.schedule_periods USING btree (unexplained) WHERE (unexplained > 0);

CREATE INDEX sessions_by_age ON public.sessions USING btree (created_at);

CREATE INDEX sessions_of_user ON public.sessions USING btree (user_id, created_at);

ALTER INDEX public.attempts_pkey ATTACH PARTITION public.attempts_keep_30_pkey;

ALTER INDEX public.attempts_pkey ATTACH PARTITION public.attempts_keep_7_pkey;

ALTER INDEX public.attempts_pkey ATTACH PARTITION public.attempts_keep_90_pkey;

ALTER INDEX public.executions_stretches ATTACH PARTITION public.executions_keep_30_organization_id_job_id_last_scheduled_fo_idx;

ALTER INDEX public.executions_once ATTACH PARTITION public.executions_keep_30_organization_id_job_id_scheduled_for_kee_idx;

ALTER INDEX public.executions_list ATTACH PARTITION public.executions_keep_30_organization_id_scheduled_for_id_idx;

ALTER INDEX public.executions_trouble ATTACH PARTITION public.executions_keep_30_organization_id_scheduled_for_id_idx1;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_keep_30_pkey;

ALTER INDEX public.executions_stretches ATTACH PARTITION public.executions_keep_7_organization_id_job_id_last_scheduled_for_idx;

ALTER INDEX public.executions_once ATTACH PARTITION public.executions_keep_7_organization_id_job_id_scheduled_for_keep_idx;

ALTER INDEX public.executions_list ATTACH PARTITION public.executions_keep_7_organization_id_scheduled_for_id_idx;

ALTER INDEX public.executions_trouble ATTACH PARTITION public.executions_keep_7_organization_id_scheduled_for_id_idx1;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_keep_7_pkey;

ALTER INDEX public.executions_stretches ATTACH PARTITION public.executions_keep_90_organization_id_job_id_last_scheduled_fo_idx;

ALTER INDEX public.executions_once ATTACH PARTITION public.executions_keep_90_organization_id_job_id_scheduled_for_kee_idx;

ALTER INDEX public.executions_list ATTACH PARTITION public.executions_keep_90_organization_id_scheduled_for_id_idx;

ALTER INDEX public.executions_trouble ATTACH PARTITION public.executions_keep_90_organization_id_scheduled_for_id_idx1;

ALTER INDEX public.executions_pkey ATTACH PARTITION public.executions_keep_90_pkey;

CREATE TRIGGER audit_log_is_kept BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.audit_log_is_kept();

CREATE TRIGGER executions_unfold_changed AFTER DELETE OR UPDATE ON public.executions FOR EACH ROW WHEN (((old.scheduled_for < date_trunc('day'::text, (now() - '00:30:00'::interval), 'UTC'::text)) AND (current_setting('prikke.erasing'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION public.history_is_unfolded();

CREATE TRIGGER executions_unfold_written AFTER INSERT ON public.executions FOR EACH ROW WHEN ((new.scheduled_for < date_trunc('day'::text, (now() - '00:30:00'::interval), 'UTC'::text))) EXECUTE FUNCTION public.history_is_unfolded();

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.breakers
    ADD CONSTRAINT breakers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_organization_id_channel_id_fkey FOREIGN KEY (organization_id, channel_id) REFERENCES public.channels(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.delivery_attempts
    ADD CONSTRAINT delivery_attempts_organization_id_delivery_id_fkey FOREIGN KEY (organization_id, delivery_id) REFERENCES public.deliveries(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.entitlements
    ADD CONSTRAINT entitlements_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.former_addresses
    ADD CONSTRAINT former_addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.former_slugs
    ADD CONSTRAINT former_slugs_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES public.api_keys(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_days
    ADD CONSTRAINT job_days_organization_id_job_id_fkey FOREIGN KEY (organization_id, job_id) REFERENCES public.jobs(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.job_states
    ADD CONSTRAINT job_states_organization_id_job_id_fkey FOREIGN KEY (organization_id, job_id) REFERENCES public.jobs(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.known_browsers
    ADD CONSTRAINT known_browsers_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lanes
    ADD CONSTRAINT lanes_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.magic_links
    ADD CONSTRAINT magic_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notices
    ADD CONSTRAINT notices_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recent_executions
    ADD CONSTRAINT recent_executions_organization_id_job_id_fkey FOREIGN KEY (organization_id, job_id) REFERENCES public.jobs(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.schedule_periods
    ADD CONSTRAINT schedule_periods_organization_id_job_id_fkey FOREIGN KEY (organization_id, job_id) REFERENCES public.jobs(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.signing_secrets
    ADD CONSTRAINT signing_secrets_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.silences
    ADD CONSTRAINT silences_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tellings
    ADD CONSTRAINT tellings_organization_id_channel_id_fkey FOREIGN KEY (organization_id, channel_id) REFERENCES public.channels(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tellings
    ADD CONSTRAINT tellings_organization_id_incident_id_fkey FOREIGN KEY (organization_id, incident_id) REFERENCES public.incidents(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.usage_counters
    ADD CONSTRAINT usage_counters_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

