import { type Kysely, sql } from 'kysely'

// Who may be behind an account, and who had a part in a draft: what the rule of two people (0028-approvals.ts) is held by.
// Somebody who handed over the link by which another came in may have opened it themselves, and may know the password that
// was set with it; so may who made a link that set one anew. Until something shows otherwise the two count as one.
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OWN = `workspace_id = nullif(current_setting('tieline.workspace', true), '')::uuid`

const STATEMENTS = [
  // Since when it is shown that somebody is a person of their own, and by what.
  `alter table users
    add column proven_at timestamptz,
    add column proven_by text check (proven_by in ('setup', 'sso', 'mail', 'command')),
    add constraint users_proven check ((proven_at is null) = (proven_by is null))`,

  // hand_id may be user_id. joined: by a link that they handed over. password: it was set by such a link.
  `create table hands (
    user_id uuid not null references users (id) on delete cascade,
    hand_id uuid not null references users (id) on delete cascade,
    how text not null check (how in ('joined', 'password')),
    since timestamptz not null default now(),
    until timestamptz
  )`,
  `create index hands_user on hands (user_id)`,
  `grant select on hands to tieline_app`,
  `grant select, insert, update on hands to tieline_system`,

  // By whoever runs the installation: whoever uses it is a person of their own.
  `alter table password_links add column vouches boolean not null default false`,

  // Of somebody who had an account already: counts in this workspace.
  `alter table invitations add column accepted_by uuid`,
  `update invitations i set accepted_by = u.id from users u where i.used_at is not null and lower(u.email) = lower(i.email)`,

  // Whoever no invitation made is whom the set-up link made. An account and its invitation's use are of one transaction.
  `update users u set proven_at = u.created_at, proven_by = 'setup' where not exists (
    select 1 from invitations i where i.accepted_by = u.id and i.used_at = u.created_at
  )`,
  `update users u set proven_at = n.created_at, proven_by = 'sso'
    from (select user_id, min(created_at) as created_at from identities group by user_id) n
    where n.user_id = u.id and u.proven_at is null`,
  `insert into hands (user_id, hand_id, how, since, until)
    select i.accepted_by, i.invited_by, 'joined', i.used_at, u.proven_at
    from invitations i join users u on u.id = i.accepted_by and u.created_at = i.used_at
      join users inviter on inviter.id = i.invited_by
    where u.proven_by is null or (u.proven_by = 'sso' and u.password_hash is not null)`,
  // Their first password, unless it was set anew by a link of an e-mail, an owner or the command line.
  `insert into hands (user_id, hand_id, how, since)
    select h.user_id, h.hand_id, 'password', h.since from hands h join users u on u.id = h.user_id
    where u.password_hash is not null and not exists (
      select 1 from password_links l where l.user_id = u.id and l.used_at is not null
    )`,
  `insert into hands (user_id, hand_id, how, since)
    select u.id, u.password_by, 'password', coalesce((
      select max(l.used_at) from password_links l where l.user_id = u.id and l.made_by_user = u.password_by
    ), u.created_at) from users u where u.password_by is not null`,

  // Everybody who may be one of these people, in a workspace, or has been since then.
  `create function tieline_hands(workspace uuid, people uuid[], after timestamptz default now())
    returns uuid[] language sql stable as $$
    with recursive behind (id) as (
      select unnest(people)
      union
      select e.hand from behind b cross join lateral (
        select h.hand_id from hands h where h.user_id = b.id and (h.until is null or h.until > after)
        union all
        select i.invited_by from invitations i join users u on u.id = i.accepted_by
        where i.workspace_id = workspace and i.accepted_by = b.id and (u.proven_at is null or u.proven_at > after)
      ) e (hand)
    )
    select coalesce(array_agg(id), '{}') from behind
  $$`,

  // Who approves is in the workspace, in a role that may, until the approval is there.
  `create or replace function tieline_two_people() returns trigger language plpgsql as $$
  begin
    if new.state <> 'approved' or new.decided_by is null then return new; end if;
    if tieline_hands(new.workspace_id, array[new.decided_by])
      && tieline_hands(new.workspace_id, new.authors || new.asked_by) then
      raise exception 'who approves may be who asked'
        using errcode = 'integrity_constraint_violation', constraint = 'approvals_second_person';
    end if;
    perform 1 from members m join users u on u.id = m.user_id
      where m.workspace_id = new.workspace_id and m.user_id = new.decided_by
        and m.role in ('owner', 'consultant') and u.disabled_at is null for share of m;
    if not found then
      raise exception 'who approves is nobody who may'
        using errcode = 'integrity_constraint_violation', constraint = 'approvals_approver';
    end if;
    return new;
  end $$`,
  `drop function tieline_hands(uuid[])`,
  `alter table users drop column password_by`,

  // Whoever turns the rule on waits for what is being published, and the other way round: once it is on, it is.
  `create or replace function tieline_must_approve(workspace uuid) returns boolean language plpgsql as $$
  declare wanted boolean;
  begin
    select second_person into wanted from workspaces where id = workspace for share;
    return coalesce(wanted, false);
  end $$`,

  // Who had a part in a draft since it last went live, by whatever way they came to it, and since when.
  `create table draft_authors (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    flow_id uuid not null,
    user_id uuid not null,
    since timestamptz not null default now(),
    primary key (workspace_id, flow_id, user_id),
    foreign key (workspace_id, flow_id) references flows (workspace_id, id) on delete cascade
  )`,
  `insert into draft_authors (workspace_id, flow_id, user_id, since)
    select workspace_id, flow_id, user_id, min(since) from (
      select f.workspace_id, f.id as flow_id, f.draft_by as user_id, f.draft_at as since from flows f where f.draft_by is not null
      union all
      select s.workspace_id, s.flow_id, s.author_id, s.began_at from draft_sessions s where s.ended_at > coalesce((
        select max(v.created_at) from flow_versions v
        where v.workspace_id = s.workspace_id and v.flow_id = s.flow_id and v.number > 0), '-infinity')
    ) parts group by workspace_id, flow_id, user_id`,
  `alter table draft_authors enable row level security`,
  `alter table draft_authors force row level security`,
  `create policy tenant on draft_authors to tieline_app using (${OWN}) with check (${OWN})`,
  `create policy maintenance on draft_authors to current_user using (true) with check (true)`,
  `grant select, insert, delete on draft_authors to tieline_app`,
  `create function tieline_note_author() returns trigger language plpgsql as $$
  begin
    if new.draft_by is not null then
      insert into draft_authors (workspace_id, flow_id, user_id) values (new.workspace_id, new.id, new.draft_by)
      on conflict do nothing;
    end if;
    return new;
  end $$`,
  `create trigger flows_draft_author after insert or update of draft on flows
    for each row execute function tieline_note_author()`,

  // Everybody who had a part in a version: none of them approves it where it is pushed to.
  `alter table flow_versions add column authors uuid[] not null default '{}'`,
]
