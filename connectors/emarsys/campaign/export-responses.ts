import { Type } from 'typebox'
import { defineRead } from '../../kit/connector.ts'
import { instantOf } from '../../kit/zoned-day.ts'
import { readExport } from '../read/export-job.ts'
import { fieldNumbers, settingNumber } from '../field/field-names.ts'
import { FieldName } from '../field/keys.ts'
import { responseFlaw } from '../read/shapes.ts'

const permissions = ['export.responses', 'export.status', 'export.download']

/** Columns about the response, by Emarsys' numbers: when, and to which campaign. */
const TIME = 8
const CAMPAIGN = 12

const Day = (title: string) =>
  Type.String({ title, description: 'YYYY-MM-DD. Days are those of Vienna.', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })

/** `POST /email/getresponses`; https://dev.emarsys.com, “Export responses”. How it is read stands in export-job.ts. */
export const exportResponses = defineRead({
  name: 'export-responses',
  title: 'Export responses to e-mails',
  summary: 'One record per contact who opened, clicked or unsubscribed, with the time and the campaign.',
  synonyms: ['opens', 'clicks', 'unsubscribes', 'opt-out', 'engagement'],
  settings: Type.Object(
    {
      response: Type.Union(
        [
          Type.Literal('mail_open', { title: 'Opened' }),
          Type.Literal('trackable_links', { title: 'Clicked a link' }),
          Type.Literal('unsubscribe', { title: 'Unsubscribed' }),
          Type.Literal('complaint', { title: 'Called it spam' }),
        ],
        { title: 'What they did', default: 'trackable_links' },
      ),
      from: Day('On or after'),
      to: Day('On or before'),
      campaign: Type.Optional(
        Type.String({
          title: 'E-mail campaign',
          description: 'Its number. Empty: all.',
          pattern: '^[0-9]*$',
          default: '',
        }),
      ),
      fields: Type.Array(FieldName, {
        title: 'Fields',
        description: 'Names or numbers. Records have them under what stands here.',
        minItems: 1,
        // Of at most twenty columns two are about the response.
        maxItems: 18,
        uniqueItems: true,
        default: ['3'],
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  incremental: false,
  flaw: responseFlaw,
  read(context, from) {
    const { response, fields, campaign = '', ...days } = context.settings
    return readExport(context, from, {
      permissions,
      columns: fields.length + 2,
      ask: async () => {
        const numbers = await fieldNumbers(context, fields)
        return {
          path: '/email/getresponses',
          json: {
            time_range: [days.from, days.to],
            contact_fields: fields.map((name) => Number(settingNumber(numbers, name))),
            sources: [response],
            analysis_fields: [TIME, CAMPAIGN],
            ...(campaign === '' ? {} : { email_id: Number(campaign) }),
          },
        }
      },
      record: (id, cells) => ({
        id,
        response,
        // The account's own time: read as UTC it would lie in the future.
        at: atOf(cells[fields.length] ?? ''),
        campaign: cells[fields.length + 1],
        ...Object.fromEntries(fields.map((name, at) => [name, cells[at]])),
      }),
    })
  },
})

/** `2026-11-22 11:00:00` in Vienna → `2026-11-22T10:00:00Z`; anything else as it came. */
function atOf(shown: string): string {
  const at = instantOf(shown, 'Europe/Vienna')
  return at === undefined ? shown : `${new Date(at).toISOString().slice(0, 19)}Z`
}
