import { WAYS } from './closed-keys.ts'

/** Of the catalogue, or of a template: both are files of the product, and nobody writes into them. */
const OURS = [
  'GET /catalog connectors/*/logins/*/name',
  'GET /catalog connectors/*/logins/*/notice',
  'GET /catalog connectors/*/logins/*/secrets/{}',
  'GET /catalog connectors/*/logins/*/title',
  'GET /catalog connectors/*/name',
  'GET /catalog connectors/*/options/*/name',
  'GET /catalog connectors/*/options/*/permissions/*',
  'GET /catalog connectors/*/options/*/title',
  'GET /catalog connectors/*/settings/{}',
  'GET /catalog connectors/*/summary',
  'GET /workspaces/:workspace/templates items/*/flow/parts/*/flow',
  'GET /workspaces/:workspace/templates items/*/flow/parts/*/name',
  'GET /workspaces/:workspace/templates/:template flow/parts/*/flow',
  'GET /workspaces/:workspace/templates/:template flow/parts/*/name',
  'GET /workspaces/:workspace/templates/:template whatIf/advice/choice',
  'GET /workspaces/:workspace/templates/:template whatIf/advice/says',
  'GET /workspaces/:workspace/templates/:template whatIf/choices/*/value',
  'GET /workspaces/:workspace/templates/:template whatIf/choices/*/writes/*/of',
  'GET /workspaces/:workspace/templates/:template whatIf/counts/*/time',
  'GET /workspaces/:workspace/templates/:template whatIf/places/accounts/*',
  'GET /workspaces/:workspace/templates/:template whatIf/places/options',
  'GET /workspaces/:workspace/templates/:template whatIf/places/optionsIf',
  'GET /workspaces/:workspace/templates/:template whatIf/places/taxes/*',
  'GET /workspaces/:workspace/templates/:template whatIf/source',
  'GET /workspaces/:workspace/templates/:template whatIf/target',
  'POST /workspaces/:workspace/templates/:template/what-if assumptions/*',
  'POST /workspaces/:workspace/templates/:template/what-if choices/*/advice',
  'POST /workspaces/:workspace/templates/:template/what-if choices/*/title',
  'POST /workspaces/:workspace/templates/:template/what-if choices/*/value',
]
/** Made by us of letters and digits, and shown once: a secret, codes, the address that a QR code is drawn of. */
const MADE = [
  'POST /me/second-factor address',
  'POST /workspaces/:workspace/flows/:flow/hooks/:hook/secret secret',
  'POST /workspaces/:workspace/invitations link',
  'POST /workspaces/:workspace/tokens secret',
  'PUT /me/second-factor codes/*',
]
/** A page tells it, and reads it from another answer: that field is shown. What a deed answers is read anew after it. */
export const TOLD_BY: { readonly [name: string]: string } = {
  'GET /workspaces/:workspace/exceptions items/*/nextAction':
    'GET /workspaces/:workspace/exceptions/:exception nextAction',
  'POST /workspaces/:workspace/exceptions/:exception/dismiss nextAction':
    'GET /workspaces/:workspace/exceptions/:exception nextAction',
  'GET /workspaces/:workspace/exceptions items/*/remote': 'GET /workspaces/:workspace/exceptions/:exception remote',
  'POST /workspaces/:workspace/exceptions/:exception/dismiss remote':
    'GET /workspaces/:workspace/exceptions/:exception remote',
  'GET /workspaces/:workspace/exceptions items/*/resolution':
    'GET /workspaces/:workspace/exceptions/:exception resolution',
  'POST /workspaces/:workspace/exceptions/:exception/dismiss resolution':
    'GET /workspaces/:workspace/exceptions/:exception resolution',
  'GET /workspaces/:workspace/exceptions items/*/resolvedBy':
    'GET /workspaces/:workspace/exceptions/:exception resolvedBy',
  'POST /workspaces/:workspace/exceptions/:exception/dismiss resolvedBy':
    'GET /workspaces/:workspace/exceptions/:exception resolvedBy',
  'GET /workspaces/:workspace/approval-rule people/*/email': 'GET /workspaces/:workspace/members items/*/email',
  'GET /workspaces/:workspace/flows/:flow/hooks/:hook/events/:event key':
    'GET /workspaces/:workspace/flows/:flow/hooks/:hook/events items/*/key',
  'GET /workspaces/:workspace/unknown-effects items/*/key':
    'GET /workspaces/:workspace/unknown-effects/:call/:position key',
  'GET /workspaces/:workspace/unknown-effects items/*/part':
    'GET /workspaces/:workspace/unknown-effects/:call/:position part',
  'GET /workspaces/:workspace/flows items/*/lastRun/reason': 'GET /workspaces/:workspace/runs items/*/reason',
  'GET /workspaces/:workspace/flows/:flow lastRun/reason': 'GET /workspaces/:workspace/runs items/*/reason',
  'POST /workspaces/:workspace/flows/:flow/publish flow/lastRun/reason':
    'GET /workspaces/:workspace/runs items/*/reason',
  'POST /workspaces/:workspace/flows/:flow/template/take draft/by': 'GET /workspaces/:workspace/flows/:flow draft/by',
  'GET /workspaces/:workspace/flows/:flow/samples items/*/author':
    'GET /workspaces/:workspace/flows/:flow/samples/:node author',
  'GET /workspaces/:workspace/flows/:flow/draft by': 'GET /workspaces/:workspace/flows/:flow draft/by',
}
/** By which a page leads on, compares, or answers: a cause in an address, what a deed was shown for, where a browser goes. */
const LEADS = [
  'GET /workspaces/:workspace/flows/:flow/answers problems/*/field',
  'POST /workspaces/:workspace/flows/:flow/publish warnings/*/field',
  'POST /workspaces/:workspace/flows/:flow/validate problems/*/field',
  'POST /workspaces/:workspace/templates/:template/what-if volume/*/name',
  'GET /causes items/*/code',
  'GET /causes items/*/fault',
  'GET /workspaces/:workspace/exceptions/groups groups/*/code',
  'GET /workspaces/:workspace/exceptions/groups groups/*/fault',
  'GET /workspaces/:workspace/audit items/*/subject/{}',
  'GET /workspaces/:workspace/flows items/*/paused/code',
  'GET /workspaces/:workspace/flows/:flow paused/code',
  'GET /workspaces/:workspace/flows/:flow/answers mayChange/*',
  'GET /workspaces/:workspace/flows/:flow/samples items/*/basis/{}',
  'GET /workspaces/:workspace/flows/:flow/samples/:node basis/{}',
  'GET /workspaces/:workspace/now groups/*/code',
  'GET /workspaces/:workspace/now groups/*/fault',
  'POST /workspaces/:workspace/connections/:connection/authorize url',
  'POST /workspaces/:workspace/flows/:flow/publish flow/paused/code',
  'POST /workspaces/:workspace/flows/:flow/switch/preview basis',
]
/** For programs that ask the API: no page reads it, but perhaps to compare it or to count by it. */
const UNREAD = [
  'GET /deletions items/*/connections/*/reason',
  'GET /workspaces/:workspace/flows/:flow/answers author',
  'GET /workspaces/:workspace/flows/:flow/answers/history items/*/changes/*/name',
  'GET /workspaces/:workspace/flows/:flow/clients items/*/lastPush/author',
  'GET /workspaces/:workspace/flows/:flow/clients items/*/waiting/askedBy',
  'GET /workspaces/:workspace/flows/:flow/draft document/parts/*/flow',
  'GET /workspaces/:workspace/flows/:flow/draft document/parts/*/name',
  'GET /workspaces/:workspace/flows/:flow/template template/summary',
  'GET /workspaces/:workspace/flows/:flow/template update/conflicts/*/mine',
  'GET /workspaces/:workspace/flows/:flow/template update/conflicts/*/theirs',
  'GET /workspaces/:workspace/flows/:flow/versions/:number document/parts/*/flow',
  'GET /workspaces/:workspace/flows/:flow/versions/:number document/parts/*/name',
  'GET /workspaces/:workspace/runs items/*/answers/{}',
  'POST /workspaces/:workspace/flows/:flow/clients/preview items/*/conflicts/*/mine',
  'POST /workspaces/:workspace/flows/:flow/clients/preview items/*/conflicts/*/theirs',
  'POST /workspaces/:workspace/flows/:flow/run answers/{}',
  'POST /workspaces/:workspace/flows/:flow/switch/preview writes/*/name',
  'POST /workspaces/:workspace/flows/:flow/template/take draft/document/parts/*/flow',
  'POST /workspaces/:workspace/flows/:flow/template/take draft/document/parts/*/name',
  'POST /workspaces/:workspace/runs/:run/rerun answers/{}',
  'GET /causes items/*/system',
  'GET /workspaces/:workspace/alert-rules items/*/changedBy',
  'GET /workspaces/:workspace/audit items/*/requestId',
  'GET /workspaces/:workspace/health database/oldestTransaction/application',
  'GET /workspaces/:workspace/records key',
  'POST /workspaces/:workspace/alert-rules changedBy',
  'POST /workspaces/:workspace/flows/:flow/clients/preview items/*/refusals/*/code',
  'POST /workspaces/:workspace/flows/:flow/clients/preview items/*/refusals/*/field',
  'POST /workspaces/:workspace/flows/:flow/preview error/code',
]
/** Said only where the other field is empty, and there is none without it: the same place, and the same words around it. */
export const STANDS_IN: { readonly [name: string]: string } = {
  'GET /workspaces/:workspace/audit items/*/actor/email': 'GET /workspaces/:workspace/audit items/*/actor/name',
  'GET /workspaces/:workspace/periods/:period/documents items/*/document':
    'GET /workspaces/:workspace/periods/:period/documents items/*/name',
  'GET /workspaces/:workspace/periods/:period/flows/:flow/changes items/*/document':
    'GET /workspaces/:workspace/periods/:period/flows/:flow/changes items/*/name',
  'GET /workspaces/:workspace/periods/:period/flows/:flow/changes sent/*/document':
    'GET /workspaces/:workspace/periods/:period/flows/:flow/changes sent/*/name',
}
/** Choices of a remote, in the list that opens under a field while somebody types into it; gone with the next payload. */
const IN_A_LIST = [
  'GET /workspaces/:workspace/connections/:connection/options/:source items/*/label',
  'GET /workspaces/:workspace/connections/:connection/options/:source items/*/value',
]
const REASONS = {
  ours: OURS,
  made: MADE,
  'told by another': Object.keys(TOLD_BY),
  'leads on': LEADS,
  'no page reads it': UNREAD,
  'stands in for another': Object.keys(STANDS_IN),
  'in a list that opens': IN_A_LIST,
}

/**
 * Text fields of the API that the walk through the pages does not bring onto one (test/editor/support/looks.ts), each with
 * why. Fields whose names are ways (closed-keys.ts) need no entry: ids of steps, words of the catalogue. A field that is
 * neither shown nor a way nor here makes the short form fail: give it a look, or say here why there is none. A field that
 * is shown may not stand here.
 */
export const NOT_SHOWN: ReadonlyMap<string, keyof typeof REASONS> = new Map(
  (Object.keys(REASONS) as (keyof typeof REASONS)[]).flatMap((why) => REASONS[why].map((name) => [name, why] as const)),
)

/** Of fields that nothing has shown: those that need a reason and have none. */
export const unexplained = (names: readonly string[]): readonly string[] =>
  names.filter((name) => !NOT_SHOWN.has(name) && !Object.hasOwn(WAYS, keyOf(name)))

/** Of fields that have a reason: those that need none, being shown, or ways, or gone. */
export const needless = (unseen: readonly string[]): readonly string[] =>
  [...NOT_SHOWN.keys()].filter((name) => !unseen.includes(name) || Object.hasOwn(WAYS, keyOf(name)))

/** Of fields that another is said to tell: those of which that one is not shown either. */
export const untold = (unseen: readonly string[]): readonly string[] =>
  Object.entries({ ...TOLD_BY, ...STANDS_IN }).flatMap(([name, by]) => (unseen.includes(by) ? [name] : []))

const keyOf = (name: string): string =>
  name
    .slice(name.lastIndexOf(' ') + 1)
    .split('/')
    .findLast((part) => part !== '*' && part !== '{}') ?? ''
