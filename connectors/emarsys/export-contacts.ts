import { Type } from 'typebox'
import { type Context, defineRead } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, textOf } from '../kit/fields.ts'
import { call, textCall } from './client.ts'
import { parseDelimited } from './delimited.ts'
import { fieldNumbers, settingNumber } from './field-names.ts'
import { FieldName } from './keys.ts'

const permissions = [
  'export.contact.changed',
  'export.contactlist',
  'export.segment',
  'export.status',
  'export.download',
]
/** Rows of one part of the file. */
const PART = 1000
const DELIMITER = ','

const Day = (title: string) =>
  Type.Optional(
    Type.String({
      title,
      description: 'YYYY-MM-DD, for changes only. Days are those of Vienna.',
      pattern: '^([0-9]{4}-[0-9]{2}-[0-9]{2})?$',
      default: '',
    }),
  )

/**
 * An export: a job is started, waited for, and its file read part by part, so that neither side holds all of it. The
 * job's number is the cursor of an empty page, so that a crash in between does not start another.
 * `GET /export/{id}/data?offset&limit` answers CSV without an envelope; offset counts contacts, the header stands
 * before the first; https://dev.emarsys.com, “Download export data”.
 */
export const exportContacts = defineRead({
  name: 'export-contacts',
  title: 'Export contacts',
  summary: 'Has Emarsys make a file of contacts, of a list, a segment or those that changed, and reads it.',
  synonyms: ['bulk read', 'changes', 'download', 'csv'],
  settings: Type.Object(
    {
      what: Type.Union(
        [
          Type.Literal('list', { title: 'Contacts of a contact list' }),
          Type.Literal('segment', { title: 'Contacts of a segment' }),
          Type.Literal('changes', { title: 'Contacts that changed' }),
        ],
        { title: 'Which contacts', default: 'list' },
      ),
      id: Type.Optional(
        Type.String({
          title: 'List or segment',
          description: 'Its number. Empty for changes.',
          pattern: '^[0-9]*$',
          default: '',
        }),
      ),
      from: Day('Changed on or after'),
      to: Day('Changed on or before'),
      fields: Type.Array(FieldName, {
        title: 'Fields',
        description: 'Names or numbers. Records have them under what stands here.',
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        default: ['3'],
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  async *read(context, from) {
    if (from?.done === true) return
    const { settings } = context
    let job = textOf(from?.export)
    let offset = Number(textOf(from?.offset))
    if (job === '') {
      const numbers = await fieldNumbers(context, settings.fields)
      job = await start(
        context,
        settings,
        settings.fields.map((name) => Number(settingNumber(numbers, name))),
      )
      yield { records: [], cursor: { export: job, offset } }
    }
    if (from?.ready !== true) await checkReady(context, job)
    for (;;) {
      const rows = parseDelimited(await part(context, job, offset), DELIMITER)
      const contacts = (offset === 0 ? rows.slice(1) : rows).map((row) => recordOf(settings.fields, row))
      offset += contacts.length
      const last = contacts.length < PART
      yield { records: contacts, cursor: last ? { done: true } : { export: job, offset, ready: true } }
      if (last) return
    }
  },
})

type Settings = { readonly what: string; readonly id?: string; readonly from?: string; readonly to?: string }

async function start(context: Context, settings: Settings, fields: readonly number[]): Promise<string> {
  const { what, id = '', from = '', to = '' } = settings
  if (what === 'changes' ? from === '' || to === '' : id === '') {
    throw new StepError('CONFIG_INVALID', `An export of ${what} needs ${what === 'changes' ? 'two days' : 'a number'}.`)
  }
  const [path, which] =
    what === 'changes'
      ? ['/contact/getchanges', { time_range: [from, to], origin: 'all', origin_id: 0 }]
      : what === 'list'
        ? ['/email/getcontacts', { contactlist: id }]
        : ['/export/filter', { filter: id }]
  const data = await call(context, {
    method: 'POST',
    path,
    json: {
      distribution_method: 'local',
      ...which,
      contact_fields: fields,
      delimiter: DELIMITER,
      add_field_names_header: 1,
      language: 'en',
    },
    doing: 'export contacts',
    permissions,
  })
  const job = textOf(fieldsOf(data).id)
  if (job === '') throw new StepError('REPLY_UNREADABLE', 'Emarsys did not name the export it began.')
  return job
}

/** @throws STILL_WORKING until the file is there */
async function checkReady(context: Context, job: string): Promise<void> {
  const path = `/export/${job}`
  const data = await call(context, { method: 'GET', path, doing: 'look at an export', permissions })
  const status = textOf(fieldsOf(data).status)
  if (status === 'done' || status === 'ready') return
  if (status === 'error')
    throw new StepError('CONFIG_INVALID', `Emarsys could not make export ${job}. Look at it there.`)
  throw new StepError('STILL_WORKING', `Emarsys is still making export ${job} (${status}).`, { retryAfterMs: 5000 })
}

const part = (context: Context, job: string, offset: number): Promise<string> =>
  textCall(context, {
    method: 'GET',
    path: `/export/${job}/data`,
    query: { offset, limit: PART },
    doing: 'read an export',
    permissions,
  })

function recordOf(fields: readonly string[], row: readonly string[]) {
  if (row.length !== fields.length + 1) {
    throw new StepError(
      'REPLY_UNREADABLE',
      `A line of the export has ${row.length} columns where ${fields.length + 1} were asked for.`,
    )
  }
  return { id: row[0], ...Object.fromEntries(fields.map((name, at) => [name, row[at + 1]])) }
}
