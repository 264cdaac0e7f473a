import { EXCEPTION_PROBLEMS } from './exception-problems.ts'
import { PERIOD_PROBLEMS } from './period-problems.ts'

const TOO_SLOW =
  'The database was stopped at this, so that nobody else waits for it; nothing was changed. Ask for less: a shorter time, a filter, a smaller page. If it was little, try again shortly.'
/**
 * Every error the API answers with: status, title, and what it means for the caller. The README lists the same table; a
 * test keeps them equal. The list is closed: add here or nowhere.
 */
export const PROBLEMS = {
  BODY_MALFORMED: {
    status: 400,
    title: 'Not readable as JSON',
    meaning:
      'The body is not JSON, is nested more than 64 deep, or uses a forbidden name such as `__proto__`; the detail says where.',
  },
  REQUEST_INVALID: {
    status: 400,
    title: 'Request refused',
    meaning: 'A field is missing, unknown or of the wrong kind; `problems` names each.',
  },
  OAUTH_REFUSED: {
    status: 400,
    title: 'Sign-in not completed',
    meaning:
      'The answer of the sign-in page was used before, is too old, or belongs to another session. Start the sign-in again.',
  },
  SIGN_IN_REQUIRED: {
    status: 401,
    title: 'Not signed in',
    meaning: 'There is no session or API token, or it has ended.',
  },
  SIGN_IN_REFUSED: { status: 401, title: 'Sign-in refused', meaning: 'E-mail and password do not belong together.' },
  SECOND_FACTOR_ASKED: {
    status: 401,
    title: 'Give the code',
    meaning: 'The password is right. Give the code of your authenticator app as well, or a recovery code.',
  },
  SECOND_FACTOR_WRONG: {
    status: 403,
    title: 'Not the code',
    meaning: 'The code is another one, is too old, or was used before. Each works once.',
  },
  STEP_UP_REQUIRED: {
    status: 403,
    title: 'Show that it is you',
    meaning: 'This asks for a proof of who you are from the last 15 minutes. Give it, then send the request again.',
  },
  SSO_REQUIRED: {
    status: 403,
    title: 'Single sign-on only',
    meaning: 'The workspace takes only people who came by single sign-on. Sign in that way.',
  },
  SECOND_FACTOR_NEEDED: {
    status: 403,
    title: 'A second factor is needed',
    meaning: 'The workspace takes only people who have given a second factor. Set one up, or give its code.',
  },
  SAME_PERSON: {
    status: 403,
    title: 'Somebody else has to approve',
    meaning: 'You asked for it, had a part in it since the last version, or may be one who did.',
  },
  PASSWORD_WRONG: { status: 403, title: 'Not your password', meaning: 'The present password is another one.' },
  SENDER_UNPROVEN: {
    status: 401,
    title: 'The sender is not proven',
    meaning: 'The signature or token of an event is missing or wrong, or its time is more than five minutes off.',
  },
  NOT_ALLOWED: { status: 403, title: 'Not allowed', meaning: 'Your role in this workspace does not include this.' },
  ORIGIN_REFUSED: {
    status: 403,
    title: 'Sent from another site',
    meaning: 'A browser sent the request from a page that is not ours.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    meaning: 'It does not exist, or belongs to a workspace you are no member of.',
  },
  UNCHANGED: {
    status: 409,
    title: 'Nothing to publish',
    meaning: 'The draft equals the live version in all but layout.',
  },
  SECOND_FACTOR_ON: {
    status: 409,
    title: 'There is a second factor already',
    meaning: 'Turn it off first.',
  },
  SECOND_FACTOR_OFF: {
    status: 409,
    title: 'There is no second factor',
    meaning: 'Begin to set one up first.',
  },
  APPROVAL_NEEDED: {
    status: 409,
    title: 'A second person has to approve',
    meaning: 'The workspace wants it for whatever goes live, its connections included. Ask with `…/approval`.',
  },
  APPROVAL_CLOSED: {
    status: 409,
    title: 'That is decided already',
    meaning: 'Somebody approved, refused or replaced the request before.',
  },
  APPROVAL_VOID: {
    status: 409,
    title: 'Something changed after the request',
    meaning: 'The draft or a flow that it calls is not what the approval was asked for. Ask anew.',
  },
  APPROVER_MISSING: {
    status: 409,
    title: 'There is no second person',
    meaning: 'At least two people who are not taken for one have to be owner or consultant of the workspace.',
  },
  LAST_WAY_IN: {
    status: 409,
    title: 'You have no other way in',
    meaning: 'Set a password first, by “Forgotten password”.',
  },
  RULE_NOT_MET: {
    status: 409,
    title: 'You would shut yourself out',
    meaning: 'Whoever makes a rule for signing in has met it in this session first.',
  },
  WORKSPACE_CLOSING: {
    status: 409,
    title: 'The workspace is being closed',
    meaning: 'Everything in it is off and can only be read. Until its data is deleted an owner can take that back.',
  },
  WORKSPACE_OPEN: { status: 409, title: 'The workspace is open', meaning: 'There is no closing to take back.' },
  FLOW_IS_ON: { status: 409, title: 'The flow is on', meaning: 'Switch it off first.' },
  FLOW_IN_USE: {
    status: 409,
    title: 'Something hangs on the flow',
    meaning: 'It has run, or another flow calls it, or clients have it. Archive it instead.',
  },
  FLOW_ARCHIVED: { status: 409, title: 'The flow is archived', meaning: 'Take it out of the archive first.' },
  NOT_PUBLISHED: {
    status: 409,
    title: 'Not published yet',
    meaning: 'The flow has no live version; publish its draft first.',
  },
  SLOTS_UNBOUND: {
    status: 409,
    title: 'A connection is missing',
    meaning: 'A slot of the live version has no connection; the detail names it.',
  },
  CONNECTION_OFF: { status: 409, title: 'A connection is off', meaning: 'Turn on the one that is named first.' },
  ANSWERS_MISSING: {
    status: 409,
    title: 'The form is not answered',
    meaning: 'The flow needs an answer that nobody has given yet; `problems` names each.',
  },
  CONNECTION_IN_USE: {
    status: 409,
    title: 'The connection is in use',
    meaning:
      'Flows have slots bound to it, rules for alerts tell people over it, or the ledger of what was sent refers to it; the detail says which.',
  },
  RUN_ENDED: {
    status: 409,
    title: 'The run has ended',
    meaning: 'There is nothing left to cancel, to pause or to resume.',
  },
  RUN_CANCELLING: {
    status: 409,
    title: 'The run is being cancelled',
    meaning: 'Somebody asked for it before. It ends after the batch in hand.',
  },
  RUN_PAUSED: {
    status: 409,
    title: 'The run is paused already',
    meaning: 'Somebody paused it before; one at work stops after the batch in hand.',
  },
  RUN_NOT_PAUSED: {
    status: 409,
    title: 'The run is not paused',
    meaning: 'Only a paused run can be resumed. One that was asked to pause stops after the batch in hand.',
  },
  RUN_NOT_ENDED: {
    status: 409,
    title: 'The run has not ended',
    meaning: 'Only an ended run can be carried out again. Wait for its end, or cancel it.',
  },
  RUN_PENDING: {
    status: 409,
    title: 'The same run is under way',
    meaning: 'A run that begins in the same way has not ended yet; the detail names it.',
  },
  RERUN_UNSUPPORTED: {
    status: 409,
    title: 'Not from here',
    meaning: 'The run cannot be carried out again like this; the detail says why and what can be done instead.',
  },
  TRACE_SAMPLED: {
    status: 409,
    title: 'Only samples were kept',
    meaning: 'What went into the step was not kept as a whole. Run it again as a whole, without naming a step.',
  },
  RESYNC_UNSUPPORTED: {
    status: 409,
    title: 'No single records here',
    meaning:
      'The read cannot find single records, or it is not clear which read is meant; the detail names those that can.',
  },
  BACKFILL_UNSUPPORTED: {
    status: 409,
    title: 'The flow cannot be back-filled',
    meaning: 'A read that takes part cannot be limited to a stretch of days; the detail names it.',
  },
  ...PERIOD_PROBLEMS,
  BACKFILL_ACTIVE: {
    status: 409,
    title: 'A back-fill is under way',
    meaning: 'Chunks of a back-fill of this flow have not ended yet. Wait for them, or cancel them.',
  },
  BACKFILL_ENDED: {
    status: 409,
    title: 'The back-fill has ended',
    meaning: 'There is nothing left of it to cancel.',
  },
  ERASURE_ACTIVE: {
    status: 409,
    title: 'Another erasure is at work',
    meaning: 'Those of a workspace go one by one, and this one has waited for 20 seconds. Ask again in a moment.',
  },
  ...EXCEPTION_PROBLEMS,
  LAST_OWNER: {
    status: 409,
    title: 'The last owner stays',
    meaning: 'A workspace keeps at least one owner. Make somebody else an owner first.',
  },
  ALREADY_MEMBER: { status: 409, title: 'In the workspace already', meaning: 'Change the role of the member instead.' },
  INVITATION_OF_OTHER: {
    status: 409,
    title: 'The invitation is for somebody who has an account',
    meaning: 'Sign in with the address that was invited, then open the link again.',
  },
  TRACE_GONE: {
    status: 410,
    title: 'Past its time',
    meaning: 'The records of this run are dropped; the workspace’s class of traces says after how many days.',
  },
  PASSWORD_LINK_DEAD: {
    status: 410,
    title: 'The link does not work',
    meaning: 'It was used, is too old, or was replaced by a newer one. Ask for another.',
  },
  SETUP_LINK_DEAD: {
    status: 410,
    title: 'The set-up link does not work',
    meaning: 'It was used, is older than 24 hours, or was replaced. Make another with `npm run setup-link`.',
  },
  INVITATION_DEAD: {
    status: 410,
    title: 'The invitation does not work',
    meaning: 'It was used, taken back, replaced by a newer one, or is older than seven days. Ask for another.',
  },
  DRAFT_CONFLICT: {
    status: 412,
    title: 'Somebody saved first',
    meaning: 'The draft is newer than the one you started from; `current` is the draft as it stands.',
  },
  OVERTAKEN: {
    status: 412,
    title: 'Somebody was first',
    meaning: 'What you started from has been changed since. Read it again, then save.',
  },
  NOT_FROM_NOW: {
    status: 409,
    title: 'It cannot start from now',
    meaning: 'A read cannot leave out what there is, or a run of the flow has not ended; the detail says which.',
  },
  WORKSPACE_GONE: { status: 410, title: 'The workspace is deleted', meaning: 'Its deletion record says what was.' },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'Too large',
    meaning: 'Bodies may have 1,000,000 bytes, flow documents 2,000,000, uploaded files 200 MB.',
  },
  NOT_JSON: {
    status: 415,
    title: 'Only JSON is taken',
    meaning: 'Send the body with `content-type: application/json`.',
  },
  BODY_PACKED: {
    status: 415,
    title: 'Sent packed',
    meaning: 'Bodies are taken as they are. Send it without `content-encoding`.',
  },
  FLOW_UNREADABLE: {
    status: 422,
    title: 'Not a flow',
    meaning: 'The document cannot be read as a flow; `problems` says what is wrong with it.',
  },
  FLOW_HAS_ERRORS: {
    status: 422,
    title: 'The flow has errors',
    meaning: '`problems` lists them; those of severity `error` must be solved before publishing.',
  },
  PASSWORD_WEAK: {
    status: 422,
    title: 'Choose another password',
    meaning: 'The password is too short, stands on the list of the most used ones, or holds your name.',
  },
  CONNECTION_INVALID: {
    status: 422,
    title: 'The connection cannot be kept',
    meaning: 'Connector, login kind, settings or secrets do not fit; `problems` names each.',
  },
  ANSWERS_REFUSED: {
    status: 422,
    title: 'Not an answer to the form',
    meaning: 'An answer is of the wrong kind, out of range, or to no question of the form; `problems` names each.',
  },
  NAME_DIFFERENT: { status: 422, title: 'Not the name', meaning: 'Type the name of the workspace as it is written.' },
  REASON_MISSING: {
    status: 422,
    title: 'Say why',
    meaning: 'A change of the policy is kept with its reason. Give one.',
  },
  BINDING_INVALID: {
    status: 422,
    title: 'The slot cannot be bound',
    meaning: 'The flow has no such slot, or the connection is of another connector.',
  },
  BACKFILL_WINDOW: {
    status: 422,
    title: 'The window cannot be read',
    meaning: 'It ends before it begins, in the future, or has more than ten years.',
  },
  DRAFT_UNNAMED: {
    status: 428,
    title: 'Say which draft you started from',
    meaning: 'Saving a draft needs `If-Match` with the `ETag` it was read with.',
  },
  RATE_LIMITED: { status: 429, title: 'Too many requests', meaning: 'Wait as long as `retry-after` says.' },
  UNEXPECTED: {
    status: 500,
    title: 'Unexpected error',
    meaning: 'A fault of ours. The log has the details under the request id.',
  },
  REMOTE_FAILED: { status: 502, title: 'The other system did not do it', meaning: 'The detail has its answer.' },
  TOO_SLOW: { status: 503, title: 'It took too long', meaning: TOO_SLOW },
  NOT_READY: {
    status: 503,
    title: 'Not ready',
    meaning:
      'The database cannot be reached, its disk is full, or too many sign-ins are being checked. Try again shortly.',
  },
} as const satisfies {
  readonly [code: string]: { readonly status: number; readonly title: string; readonly meaning: string }
}

export type ProblemName = keyof typeof PROBLEMS

export function isProblem(code: string): code is ProblemName {
  return Object.hasOwn(PROBLEMS, code)
}

type Extras = {
  readonly problems?: readonly unknown[]
  readonly current?: unknown
  readonly retryAfterSeconds?: number
}

/** Thrown wherever a request cannot be served; becomes an `application/problem+json` answer. */
export class ApiProblem extends Error {
  override name = 'ApiProblem'
  readonly code: ProblemName
  readonly extras: Extras

  /** @param detail what happened to this request, and what to do. Without it: the meaning of the code. */
  constructor(code: ProblemName, detail?: string, extras: Extras & ErrorOptions = {}) {
    super(detail ?? PROBLEMS[code].meaning, { cause: extras.cause })
    this.code = code
    this.extras = extras
  }
}

/** For a look-up that must find: `found(await findFlow(…), 'flow')`. */
export function found<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null)
    throw new ApiProblem('NOT_FOUND', `There is no such ${what} in this workspace.`)
  return value
}

/** This version does not know what the newer one keeps beside a change, nor what its own columns mean there by now. */
export const outdated = (): ApiProblem =>
  new ApiProblem(
    'NOT_READY',
    'A newer version of the product has changed the database, or the secret key was replaced by one that this process does not have; it takes no more work.',
    { retryAfterSeconds: 5 },
  )
