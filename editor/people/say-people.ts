import type { Membership } from '../../server/contract/people.ts'

type Role = Membership['role']

/** What a role is called, and what it may do, for whoever gives it. */
export const ROLE_WORDS: { readonly [R in Role]: { readonly title: string; readonly note: string } } = {
  owner: { title: 'Owner', note: 'May do everything, and decides who is in.' },
  consultant: { title: 'Consultant', note: 'Draws and publishes flows, connects accounts, invites the client.' },
  operator: { title: 'Operator', note: 'Watches runs, tries again, switches flows; changes none.' },
  finance: { title: 'Finance', note: 'Owns the exceptions about money and the books.' },
  marketing: { title: 'Marketing', note: 'Owns the exceptions about contacts, and the list of erased people.' },
  client: { title: 'Client', note: 'Sees what runs and switches it on and off. Sees no content of records.' },
  auditor: { title: 'Auditor', note: 'Sees everything but content of records, and changes nothing.' },
}

/** Letters of what a program calls itself. */
const MOST_AGENT = 60

/** Browser and system of a user agent, as far as people need it to recognise a place. */
export function sayAgent(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : undefined
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Mac OS X/.test(agent)
        ? 'macOS'
        : /Windows/.test(agent)
          ? 'Windows'
          : /Linux/.test(agent)
            ? 'Linux'
            : undefined
  if (browser === undefined && system === undefined) {
    return agent.length > MOST_AGENT ? `${agent.slice(0, MOST_AGENT)}…` : agent || 'Unknown program'
  }
  return [browser ?? 'A browser', system].filter(Boolean).join(' on ')
}

const THINGS: { readonly [kind: string]: string } = {
  installation: 'the installation',
  person: 'a person',
  session: 'a session',
  workspace: 'the workspace',
  token: 'an API token',
  member: 'a member',
  invitation: 'an invitation',
  traces: 'how long traces are kept',
  lane: 'a lane',
  connection: 'a connection',
  flow: 'a flow',
  draft: 'a draft',
  backfill: 'a back-fill',
  hook: 'a hook',
  run: 'a run',
  exception: 'an exception',
  effect: 'an effect in doubt',
  memory: 'what a step remembers',
}

const VERBS: { readonly [verb: string]: string } = {
  accept: 'Accepted',
  authorize: 'Began to sign in for',
  bind: 'Chose the connections of',
  cancel: 'Cancelled',
  change: 'Changed',
  'change-password': 'Changed the password of',
  'change-role': 'Changed the role of',
  create: 'Made',
  delete: 'Deleted',
  dismiss: 'Dismissed',
  end: 'Ended',
  'end-others': 'Ended all others but',
  import: 'Imported into',
  'new-secret': 'Made a new secret for',
  pause: 'Paused',
  publish: 'Published',
  remove: 'Took out',
  rerun: 'Ran again',
  reset: 'Reset',
  restore: 'Brought back into',
  resume: 'Resumed',
  resync: 'Read single records for',
  retry: 'Tried again',
  revoke: 'Took back',
  run: 'Ran',
  settle: 'Settled',
  'set-up': 'Set up',
  'sign-in': 'Signed in with',
  start: 'Started',
  switch: 'Switched',
  test: 'Tested',
}

/** `flow.publish` → “Published a flow”. A new action is readable before somebody gives it better words. */
export function sayAction(action: string): string {
  const [, thing = '', verb = ''] = /^([a-z-]+)\.([a-z-]+)$/.exec(action) ?? []
  if (thing === '') return action
  const plain = verb.replaceAll('-', ' ')
  const said = VERBS[verb] ?? `${plain.charAt(0).toUpperCase()}${plain.slice(1)}:`
  return `${said} ${THINGS[thing] ?? thing.replaceAll('-', ' ')}`
}
