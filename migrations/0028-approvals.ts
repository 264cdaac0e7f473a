import { type Kysely, sql } from 'kysely'

// A second person approves what goes live, where a workspace says so. The database itself holds the rule: while it is
// on, a version, what is live, a connection of a flow that has gone live, and the rule's end come only with a request
// that somebody else has approved, named by the transaction (tieline.approval). A forgotten path fails, it does not slip.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`
const REFUSE = `raise exception 'a second person has to approve this'
  using errcode = 'integrity_constraint_violation', constraint = 'second_person'`

const STATEMENTS = [
  `alter table workspaces add column second_person boolean not null default false`,

  // document, layout, hash: what would run, called flows included. bindings: connection by slot, as it would be.
  // authors: who had a part in it since the last version; none of them approves, and neither does who asked.
  `create table approvals (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    id uuid not null,
    kind text not null check (kind in ('publish', 'rule')),
    flow_id uuid,
    document jsonb,
    layout jsonb,
    bindings jsonb,
    hash text not null,
    summary text not null,
    asked_by uuid not null,
    asker text not null,
    authors uuid[] not null,
    created_at timestamptz not null default now(),
    state text not null default 'open' check (state in ('open', 'approved', 'refused', 'void')),
    decided_by uuid,
    decider text,
    decided_at timestamptz,
    reason text,
    primary key (workspace_id, id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade,
    check ((kind = 'publish') = (flow_id is not null and document is not null and bindings is not null)),
    constraint approvals_second_person check (
      state <> 'approved' or (decided_by is not null and decided_by <> asked_by and not decided_by = any (authors))
    )
  )`,
  `create unique index approvals_open on approvals (workspace_id, kind, coalesce(flow_id, workspace_id)) where state = 'open'`,
  `alter table approvals enable row level security`,
  `alter table approvals force row level security`,
  `create policy tenant on approvals to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on approvals to current_user using (true) with check (true)`,
  `grant select, insert, update on approvals to tieline_app`,

  // What was asked for, and what was decided, stays as it was.
  `create function tieline_keep_approval() returns trigger language plpgsql as $$
  begin
    if old.state <> 'open' or (new.workspace_id, new.id, new.kind, new.flow_id, new.document, new.layout, new.bindings,
        new.hash, new.asked_by, new.authors) is distinct from (old.workspace_id, old.id, old.kind, old.flow_id,
        old.document, old.layout, old.bindings, old.hash, old.asked_by, old.authors) then
      raise exception 'an approval is not changed' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end $$`,
  `create trigger approvals_kept before update on approvals for each row execute function tieline_keep_approval()`,

  `create function tieline_must_approve(workspace uuid) returns boolean language sql stable as
    $$ select coalesce((select second_person from workspaces where id = workspace), false) $$`,
  `create function tieline_approved(workspace uuid, what text, flow uuid) returns approvals language sql stable as $$
    select a from approvals a
    where a.workspace_id = workspace and a.id = nullif(current_setting('tieline.approval', true), '')::uuid
      and a.kind = what and a.flow_id is not distinct from flow and a.state = 'approved'
      and a.decided_at = now() -- in this transaction: it is used once
  $$`,

  `create function tieline_guard_version() returns trigger language plpgsql as $$
  declare approval approvals;
  begin
    if tg_op = 'UPDATE' then
      if (new.document, new.hash, new.number) is distinct from (old.document, old.hash, old.number) then
        raise exception 'a version is not changed' using errcode = 'integrity_constraint_violation';
      end if;
      return new;
    end if;
    if not tieline_must_approve(new.workspace_id) then return new; end if;
    approval := tieline_approved(new.workspace_id, 'publish', new.flow_id);
    if approval.id is null or approval.hash <> new.hash or approval.document <> new.document then ${REFUSE}; end if;
    return new;
  end $$`,
  `create trigger flow_versions_approved before insert or update on flow_versions
    for each row execute function tieline_guard_version()`,

  // Going back to an earlier version is a new approval too.
  `create function tieline_guard_live() returns trigger language plpgsql as $$
  declare approval approvals;
  begin
    if new.live_version is null then return new; end if;
    if tg_op = 'UPDATE' then
      if new.live_version is not distinct from old.live_version then return new; end if;
    end if;
    if not tieline_must_approve(new.workspace_id) then return new; end if;
    approval := tieline_approved(new.workspace_id, 'publish', new.id);
    if approval.id is null or not exists (
      select 1 from flow_versions v where v.workspace_id = new.workspace_id and v.flow_id = new.id
        and v.number = new.live_version and v.hash = approval.hash
    ) then ${REFUSE}; end if;
    return new;
  end $$`,
  `create trigger flows_approved before insert or update of live_version on flows
    for each row execute function tieline_guard_live()`,

  `create function tieline_guard_binding() returns trigger language plpgsql as $$
  declare
    workspace uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
    flow uuid := case when tg_op = 'DELETE' then old.flow_id else new.flow_id end;
    approval approvals;
  begin
    if not tieline_must_approve(workspace)
      or not exists (select 1 from flows where workspace_id = workspace and id = flow and live_version is not null) then
      return coalesce(new, old);
    end if;
    approval := tieline_approved(workspace, 'publish', flow);
    if approval.id is null or (tg_op <> 'DELETE' and approval.bindings ->> new.slot is distinct from new.connection_id::text)
    then ${REFUSE}; end if;
    return coalesce(new, old);
  end $$`,
  `create trigger flow_bindings_approved before insert or update or delete on flow_bindings
    for each row execute function tieline_guard_binding()`,

  `create function tieline_guard_rule() returns trigger language plpgsql as $$
  declare approval approvals;
  begin
    if not old.second_person or new.second_person then return new; end if;
    approval := tieline_approved(new.id, 'rule', null);
    if approval.id is null then ${REFUSE}; end if;
    return new;
  end $$`,
  `create trigger workspaces_approved before update of second_person on workspaces
    for each row execute function tieline_guard_rule()`,
]
