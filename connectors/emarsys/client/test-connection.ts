import type { Context, Finding } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { failedFinding } from '../../kit/failed-finding.ts'
import { type Call, call, plainCall, salesAddress } from './client.ts'

type Try = Pick<Call, 'method' | 'path' | 'json' | 'service'> & { readonly permission: string }

/**
 * One call per permission. Those that would change something lack what they need, or name what does not exist, so that
 * Emarsys can only refuse them; a 403 comes before that, and is the only answer that counts.
 */
const GROUPS: readonly { readonly title: string; readonly optional?: string; readonly tries: readonly Try[] }[] = [
  {
    title: 'Contact fields',
    tries: [
      { permission: 'field.list', method: 'GET', path: '/field' },
      { permission: 'field.singlechoice.get', method: 'GET', path: '/field/5/choice' },
      { permission: 'field.create', method: 'POST', path: '/field', json: {} },
    ],
  },
  {
    title: 'Contacts',
    tries: [
      {
        permission: 'contact.getdata',
        method: 'POST',
        path: '/contact/getdata',
        json: { keyId: '3', keyValues: [], fields: ['3'] },
      },
      {
        permission: 'contact.contactid.verify',
        method: 'POST',
        path: '/contact/checkids',
        json: { key_id: '3', external_ids: [] },
      },
      { permission: 'contact.create', method: 'POST', path: '/contact', json: { key_id: '3' } },
      { permission: 'contact.update', method: 'PUT', path: '/contact/', json: { key_id: '3' } },
    ],
  },
  {
    title: 'Deleting and merging contacts',
    optional: 'Leave them off unless a flow is to do that.',
    tries: [
      { permission: 'contact.delete', method: 'POST', path: '/contact/delete', json: { key_id: '3' } },
      { permission: 'contact.merge', method: 'POST', path: '/contact/merge', json: { key_id: '3' } },
    ],
  },
  {
    title: 'Contact lists',
    tries: [
      { permission: 'contactlist.list', method: 'GET', path: '/contactlist' },
      { permission: 'contactlist.create', method: 'POST', path: '/contactlist', json: { key_id: '3' } },
      {
        permission: 'contactlist.contact.add',
        method: 'POST',
        path: '/contactlist/0/add',
        json: { key_id: '3', external_ids: [] },
      },
      {
        permission: 'contactlist.contact.delete',
        method: 'POST',
        path: '/contactlist/0/delete',
        json: { key_id: '3', external_ids: [] },
      },
      { permission: 'contactlist.contact.ids', method: 'GET', path: '/contactlist/0/contactIds' },
      { permission: 'contactlist.contact.count', method: 'GET', path: '/contactlist/0/count' },
    ],
  },
  {
    title: 'External events',
    tries: [
      { permission: 'externalevent.list', method: 'GET', path: '/event/' },
      { permission: 'externalevent.create', method: 'POST', path: '/event', json: {} },
      { permission: 'externalevent.trigger', method: 'POST', path: '/event/0/trigger', json: { key_id: '3' } },
    ],
  },
  {
    title: 'Segments',
    tries: [
      { permission: 'segment.list', method: 'GET', path: '/filter' },
      { permission: 'segment.run', method: 'POST', path: '/filter/0/runs', json: {} },
    ],
  },
  {
    title: 'Campaigns and their results',
    tries: [
      { permission: 'campaign.list', method: 'GET', path: '/email/' },
      {
        permission: 'campaign.responsesummary',
        method: 'POST',
        service: '/api/email/reporting/v1',
        path: '/campaigns/responseSummary/filter',
        json: { campaignIds: [] },
      },
    ],
  },
  {
    title: 'Exports',
    tries: [
      { permission: 'export.contact.changed', method: 'POST', path: '/contact/getchanges', json: {} },
      { permission: 'export.contactlist', method: 'POST', path: '/email/getcontacts', json: {} },
      { permission: 'export.segment', method: 'POST', path: '/export/filter', json: {} },
      { permission: 'export.responses', method: 'POST', path: '/email/getresponses', json: {} },
      { permission: 'export.status', method: 'GET', path: '/export/0' },
      { permission: 'export.download', method: 'GET', path: '/export/0/data' },
    ],
  },
]

/**
 * Signs in, then asks for every permission; groups one after the other, the calls of a group at once. Sales data cannot be
 * tried without sending a row that stays for ever, nor relational data without a table.
 */
export async function test(context: Context): Promise<readonly Finding[]> {
  const signIn = await ask(context, { permission: 'customer.settings', method: 'GET', path: '/settings' })
  const findings: Finding[] = [
    signIn === 'on'
      ? { title: 'Sign-in', ok: true, detail: 'Works.' }
      : signIn === 'off'
        ? { title: 'Sign-in', ok: false, detail: switchOn(['customer.settings']) }
        : failedFinding('Sign-in', signIn),
  ]
  // Without a login there is nothing to learn from the other calls.
  if (typeof signIn !== 'string' && signIn.reaction === 'pause') return findings
  for (const group of GROUPS) findings.push(await groupFinding(context, group))
  findings.push(salesFinding(context))
  return findings
}

async function groupFinding(context: Context, { title, optional, tries }: (typeof GROUPS)[number]): Promise<Finding> {
  const answers = await Promise.all(tries.map((one) => ask(context, one)))
  const failed = answers.find((answer) => typeof answer !== 'string')
  if (failed) return failedFinding(title, failed)
  const off = tries.flatMap(({ permission }, at) => (answers[at] === 'off' ? [permission] : []))
  const tried = Object.fromEntries(tries.map(({ permission }, at) => [permission, answers[at] === 'on']))
  if (off.length === 0) return { title, ok: true, detail: 'Works.', tried }
  if (optional) return { title, ok: true, detail: `Off: ${off.join(', ')}. ${optional}`, tried }
  return { title, ok: false, detail: switchOn(off), tried }
}

const switchOn = (off: readonly string[]) =>
  `Off: ${off.join(', ')}. Switch on in Emarsys what your flows need, in the security settings of the credential.`

/** Whether the permission is on, or what kept Emarsys from saying so. */
async function ask(context: Context, { permission, ...asked }: Try): Promise<'on' | 'off' | StepError> {
  const request: Call = { ...asked, doing: `see whether ${permission} is on`, permissions: [permission] }
  try {
    await (asked.service ? plainCall(context, request) : call(context, request))
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    if (error.code === 'PERMISSION_MISSING') return 'off'
    // Whatever else it says about the request itself, it took it.
    const { reaction, status } = error
    const said = status !== undefined && status < 500 && reaction !== 'pause' && error.code !== 'RATE_LIMITED'
    if (!said) return error
  }
  return 'on'
}

function salesFinding(context: Context): Finding {
  const title = 'Sales data'
  try {
    salesAddress(context)
    return { title, ok: true, detail: 'The merchant id is set. The token shows itself with the first upload only.' }
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return { title, ok: false, detail: error.message }
  }
}
