/** What the audit log says of a request that changes something, by method and path below `/api/v1`. */
type Audited = {
  /** `thing.verb` */
  readonly action: string
  /** Fields of the body that the entry keeps: never a secret, never content of records. */
  readonly body?: readonly string[]
}

const w = '/workspaces/:workspace'
const flow = `${w}/flows/:flow`

/** A route that changes something stands here or in UNAUDITED; start-up fails if one does not. */
export const AUDITED: { readonly [route: string]: Audited } = {
  'POST /setup': { action: 'installation.set-up', body: ['workspace'] },
  'POST /session': { action: 'person.sign-in' },
  'DELETE /session': { action: 'person.sign-out' },
  'POST /workspaces': { action: 'workspace.create', body: ['name'] },
  'GET /oauth/callback': { action: 'connection.sign-in' },
  'DELETE /me/sessions': { action: 'session.end-others' },
  'DELETE /me/sessions/:session': { action: 'session.end' },
  'PUT /me/password': { action: 'person.change-password' },
  'POST /password/forgotten': { action: 'person.forgot-password' },
  'PUT /password': { action: 'person.reset-password' },
  'DELETE /me/sso': { action: 'identity.unlink' },
  [`POST ${w}/members/:user/password-link`]: { action: 'member.make-password-link' },
  'POST /session/proof': { action: 'person.prove' },
  'POST /me/second-factor': { action: 'second-factor.offer' },
  'PUT /me/second-factor': { action: 'second-factor.confirm' },
  'DELETE /me/second-factor': { action: 'second-factor.remove' },
  'POST /me/second-factor/recovery-codes': { action: 'second-factor.new-recovery-codes' },
  [`PUT ${w}/sign-in-rule`]: { action: 'workspace.change-sign-in-rule', body: ['sso', 'secondFactor'] },
  'POST /invitations/accept': { action: 'invitation.accept' },
  [`PATCH ${w}/members/:user`]: { action: 'member.change-role', body: ['role'] },
  [`DELETE ${w}/members/:user`]: { action: 'member.remove' },
  [`POST ${w}/invitations`]: { action: 'invitation.create', body: ['role'] },
  [`DELETE ${w}/invitations/:invitation`]: { action: 'invitation.revoke' },
  [`POST ${w}/tokens`]: { action: 'token.create', body: ['name', 'expiresInDays', 'scopes'] },
  [`DELETE ${w}/tokens/:token`]: { action: 'token.revoke' },
  [`PATCH ${w}/traces`]: { action: 'traces.change', body: ['traceClass'] },
  [`PATCH ${w}/lanes/:lane`]: { action: 'lane.change', body: ['cap'] },
  [`POST ${w}/connections`]: { action: 'connection.create', body: ['connector', 'name', 'login', 'settings'] },
  [`PATCH ${w}/connections/:connection`]: { action: 'connection.change', body: ['name', 'settings', 'maxRuns'] },
  [`DELETE ${w}/connections/:connection`]: { action: 'connection.delete' },
  [`POST ${w}/connections/:connection/authorize`]: { action: 'connection.authorize' },
  [`POST ${w}/connections/:connection/test`]: { action: 'connection.test' },
  [`POST ${w}/flows`]: { action: 'flow.create' },
  [`POST ${w}/flows/import`]: { action: 'flow.create' },
  [`POST ${w}/templates/:template`]: { action: 'flow.create' },
  [`POST ${w}/templates/:template/install`]: { action: 'flow.install', body: ['name', 'bindings', 'answers'] },
  [`POST ${flow}/template/take`]: { action: 'draft.take-template', body: ['revision'] },
  [`PATCH ${flow}`]: { action: 'flow.change', body: ['name', 'archived'] },
  [`PUT ${flow}/bindings`]: { action: 'flow.bind', body: ['bindings'] },
  [`POST ${flow}/import`]: { action: 'draft.import' },
  [`POST ${flow}/draft/name`]: { action: 'draft.name', body: ['name'] },
  [`POST ${flow}/publish`]: { action: 'flow.publish', body: ['summary', 'revision'] },
  [`POST ${flow}/versions/:number/restore`]: { action: 'draft.restore' },
  [`POST ${flow}/switch`]: { action: 'flow.switch', body: ['on'] },
  [`PUT ${flow}/answers`]: { action: 'answers.change', body: ['answers', 'revision'] },
  [`PUT ${w}/policy`]: { action: 'policy.change', body: ['rule', 'reason', 'version', 'dry'] },
  [`POST ${flow}/dry-run`]: { action: 'flow.dry-run', body: ['node', 'window'] },
  [`POST ${flow}/run`]: { action: 'flow.run' },
  [`POST ${flow}/resync`]: { action: 'flow.resync', body: ['node', 'quiet'] },
  [`POST ${flow}/backfill`]: { action: 'backfill.start', body: ['from', 'to', 'node', 'chunk', 'quiet'] },
  [`POST ${flow}/backfills/:backfill/cancel`]: { action: 'backfill.cancel' },
  [`POST ${flow}/hooks/:hook/secret`]: { action: 'hook.new-secret', body: ['overlapHours'] },
  [`POST ${flow}/waiting/cancel`]: { action: 'waiting.cancel', body: ['all', 'ids'] },
  [`POST ${flow}/waiting/release`]: { action: 'waiting.release', body: ['all', 'ids'] },
  [`DELETE ${flow}/memory/:node`]: { action: 'memory.reset' },
  // Which key is nobody's business in a log that is kept for good.
  [`POST ${flow}/memory/:node/forget`]: { action: 'memory.forget-key' },
  [`POST ${w}/runs/:run/cancel`]: { action: 'run.cancel' },
  [`POST ${w}/runs/:run/pause`]: { action: 'run.pause' },
  [`POST ${w}/runs/:run/resume`]: { action: 'run.resume' },
  [`POST ${w}/runs/:run/rerun`]: { action: 'run.rerun', body: ['node', 'version', 'quiet'] },
  [`POST ${w}/exceptions/:exception/dismiss`]: { action: 'exception.dismiss', body: ['reason'] },
  [`POST ${w}/notices/:notice/close`]: { action: 'notice.close' },
  [`POST ${w}/exceptions/dismiss`]: { action: 'exception.dismiss', body: ['reason'] },
  [`POST ${w}/exceptions/:exception/retry`]: { action: 'exception.retry', body: ['version'] },
  [`POST ${w}/exceptions/retry`]: { action: 'exception.retry', body: ['version', 'dry'] },
  [`POST ${w}/files`]: { action: 'file.upload' },
  [`DELETE ${w}/files/:file`]: { action: 'file.delete' },
  [`POST ${w}/suppressions`]: { action: 'suppression.add', body: ['reason'] },
  [`POST ${w}/suppressions/:suppression/lift`]: { action: 'suppression.lift', body: ['reason'] },
  [`POST ${w}/unknown-effects/settle`]: { action: 'effect.settle', body: ['verdict', 'reason', 'effects', 'retry'] },
}

/** Requests by another method than GET that need no entry, and why. */
export const UNAUDITED: { readonly [route: string]: string } = {
  'POST /invitations/look': 'changes nothing',
  'POST /session/sso': 'a beginning; what comes of it has an entry',
  [`PUT ${flow}/draft`]:
    'saved every few seconds while somebody draws; what is published names all who had a part in it',
  [`POST ${flow}/lease`]: 'a sign of life every few seconds; it decides nothing but who is shown as editing',
  [`POST ${flow}/preview`]: 'changes nothing',
  [`POST ${flow}/validate`]: 'changes nothing',
  [`POST ${w}/validate`]: 'changes nothing',
  [`POST ${w}/suppressions/look-up`]: 'changes nothing',
  [`POST ${flow}/forecast`]: 'changes nothing',
  [`POST ${flow}/memory/:node/look-up`]: 'changes nothing',
  [`POST ${w}/templates/:template/what-if`]: 'changes nothing',
}
