import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { readExport } from '../read/export-job.ts'
import { fieldNumbers, settingNumber } from '../field/field-names.ts'
import { FieldName } from '../field/keys.ts'
import { contactFlaw } from '../read/shapes.ts'

const permissions = [
  'export.contact.changed',
  'export.contactlist',
  'export.segment',
  'export.status',
  'export.download',
]
const Day = (title: string) =>
  Type.Optional(
    Type.String({
      title,
      description: 'YYYY-MM-DD, for changes only. Days are those of Vienna.',
      pattern: '^([0-9]{4}-[0-9]{2}-[0-9]{2})?$',
      default: '',
    }),
  )

/** `POST /email/getcontacts`, `/export/filter`, `/contact/getchanges`; how they are read stands in export-job.ts. */
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
  flaw: contactFlaw,
  read(context, from) {
    const { settings } = context
    const { fields } = settings
    return readExport(context, from, {
      permissions,
      columns: fields.length,
      ask: async () => {
        const numbers = await fieldNumbers(context, fields)
        const { path, which } = whichOf(settings)
        return { path, json: { ...which, contact_fields: fields.map((name) => Number(settingNumber(numbers, name))) } }
      },
      record: (id, cells) => ({ id, ...Object.fromEntries(fields.map((name, at) => [name, cells[at]])) }),
    })
  },
})

type Settings = { readonly what: string; readonly id?: string; readonly from?: string; readonly to?: string }

/** @throws StepError CONFIG_INVALID where the kind needs what is not there. */
function whichOf({ what, id = '', from = '', to = '' }: Settings): { readonly path: string; readonly which: object } {
  if (what === 'changes' ? from === '' || to === '' : id === '') {
    throw new StepError('CONFIG_INVALID', `An export of ${what} needs ${what === 'changes' ? 'two days' : 'a number'}.`)
  }
  if (what === 'list') return { path: '/email/getcontacts', which: { contactlist: id } }
  if (what === 'segment') return { path: '/export/filter', which: { filter: id } }
  return { path: '/contact/getchanges', which: { time_range: [from, to], origin: 'all', origin_id: 0 } }
}
