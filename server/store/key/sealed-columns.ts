/** A column whose values are sealed, and the place that each is sealed to. */
export type SealedColumn = {
  readonly table: string
  readonly column: string
  /** Columns that name a row, as they stand in its place. */
  readonly keys: readonly string[]
  place(row: readonly string[]): string
}

const column = (
  table: string,
  name: string,
  keys: readonly string[],
  place: (...row: string[]) => string,
): SealedColumn => ({ table, column: name, keys, place: (row) => place(...row) })

/**
 * Every column with sealed values; a test holds it to the database's catalog. Whoever seals something new adds it here,
 * or it is lost with the next change of the key.
 */
export const SEALED: readonly SealedColumn[] = [
  column('connections', 'secrets', ['workspace_id', 'id'], (w, id) => `connections/${w}/${id}/secrets`),
  column('connections', 'tokens', ['workspace_id', 'id'], (w, id) => `connections/${w}/${id}/tokens`),
  column('hooks', 'secret', ['workspace_id', 'id'], (w, id) => `hooks/${w}/${id}/secret`),
  column('hooks', 'old_secret', ['workspace_id', 'id'], (w, id) => `hooks/${w}/${id}/secret`),
  column('second_factors', 'secret', ['user_id'], (user) => `users/${user}/second-factor`),
  column('sso_states', 'verifier', ['hash'], () => 'sso_states/verifier'),
  column('calls', 'content', ['workspace_id', 'id'], (w, id) => `calls/${w}/${id}`),
  column('exceptions', 'record', ['workspace_id', 'id'], (w, id) => `exceptions/${w}/${id}`),
  column(
    'exception_edits',
    'record',
    ['workspace_id', 'exception_id', 'id'],
    (w, exception, id) => `exception_edits/${w}/${exception}/${id}`,
  ),
  column('inbox', 'content', ['workspace_id', 'hook_id', 'id'], (w, hook, id) => `inbox/${w}/${hook}/${id}`),
  column(
    'file_pieces',
    'content',
    ['workspace_id', 'file_id', 'first_byte'],
    (w, file, first) => `file_pieces/${w}/${file}/${first}`,
  ),
  column('samples', 'content', ['workspace_id', 'flow_id', 'id'], (w, flow, id) => `samples/${w}/${flow}/${id}`),
  column('waiting_records', 'content', ['workspace_id', 'id'], (w, id) => `waiting_records/${w}/${id}`),
]

/** The other columns of bytes: hashes, and content that is not sealed. They stay as they are when the key is replaced. */
export const UNSEALED: readonly string[] = [
  'api_tokens.hash',
  'audit_entries.hash',
  'audit_entries.personal_digest',
  'audit_entries.previous',
  'audit_heads.hash',
  'budgets.key',
  'confirmed_keys.hash',
  'cursors.seen',
  'deletions.audit_hash',
  'deletions.hash',
  'effects.hash',
  'files.hash',
  'inbox.key_hash',
  'invitations.hash',
  'notices.key',
  'oauth_states.hash',
  'oauth_states.session_hash',
  'password_links.hash',
  'payloads.content',
  'period_checks.evidence',
  'period_sign_offs.evidence',
  'recovery_codes.hash',
  'run_reads.began_seen',
  'run_reads.seen',
  'running_contributions.contribution',
  'running_contributions.key',
  'running_states.key',
  'seen_contents.hash',
  'seen_contents.key',
  'sessions.hash',
  'setup_links.hash',
  'sso_states.bound',
  'sso_states.hash',
  'sso_states.invitation',
  'suppressions.hash',
]
