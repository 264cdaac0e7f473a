import { Type } from 'typebox'
import { baseUrl } from '../kit/address.ts'
import { type Cursor, type DataRecord, defineRead } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { call } from './client.ts'
import { callFor, FIRST, type PagingSettings, PAGINGS, type Place, placeAfter, valueAt } from './pages.ts'

const PAGING_TITLES: { readonly [paging in (typeof PAGINGS)[number]]: string } = {
  none: 'All at once',
  page: 'By page number',
  offset: 'By the number of records to skip',
  cursor: 'By a cursor in the answer',
  'next-address': 'By the next address in the answer',
  'link-header': 'By the Link header',
}

/** Most records that leave together; longer answers are handed on in parts. */
const PART = 1_000

export const getRecords = defineRead({
  name: 'get-records',
  title: 'Read records',
  summary: 'Reads a list from any JSON API, page by page.',
  synonyms: ['rest', 'api', 'list', 'fetch', 'request'],
  settings: Type.Object(
    {
      path: Type.String({ title: 'Path', description: 'Below the address: /orders', pattern: '^/[^\\s]*$' }),
      query: Type.Array(
        Type.Object(
          {
            name: Type.String({ title: 'Parameter', minLength: 1, maxLength: 100 }),
            value: Type.String({ title: 'Value', maxLength: 2000 }),
          },
          { additionalProperties: false },
        ),
        { title: 'Parameters', maxItems: 50, default: [] },
      ),
      recordsPath: Type.String({
        title: 'Where the records stand',
        description: 'Dotted path within the answer, such as data.items; empty: the answer is the list.',
        maxLength: 200,
        default: '',
      }),
      paging: Type.Union(
        PAGINGS.map((paging) => Type.Literal(paging, { title: PAGING_TITLES[paging] })),
        { title: 'Pages', default: 'none' },
      ),
      parameter: Type.String({
        title: 'Parameter of the page',
        description: 'Of the page number, the number to skip, or the cursor.',
        maxLength: 100,
        default: 'page',
      }),
      sizeParameter: Type.String({
        title: 'Parameter of the page size',
        description: 'Empty: the system decides, and a page without records is the end.',
        maxLength: 100,
        default: '',
      }),
      pageSize: Type.Integer({ title: 'Records of a page', minimum: 1, maximum: 1000, default: 100 }),
      firstPage: Type.Integer({ title: 'Number of the first page', minimum: 0, maximum: 1, default: 1 }),
      nextPath: Type.String({
        title: 'Where the cursor or next address stands',
        description: 'Dotted path within the answer: meta.next',
        maxLength: 200,
        default: '',
      }),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  incremental: false,
  async *read(context, from) {
    const settings: PagingSettings = context.settings
    // Only this operation writes its cursors.
    let standing = (from ?? { place: FIRST, skip: 0 }) as { readonly place: Place | null; readonly skip: number }
    while (standing.place !== null) {
      const { place, skip } = standing
      const asked = callFor(settings, place)
      const reply = await call(context, { method: 'GET', ...asked, doing: `read ${settings.path}` })
      const records = recordsOf(reply.body, context.settings.recordsPath, settings.path)
      const address = /^https?:/.test(asked.path)
        ? asked.path
        : `${baseUrl(context.connection, 'baseUrl')}${asked.path}`
      const next = placeAfter(settings, place, reply, records.length, address) ?? null
      for (let at = skip; at < Math.max(records.length, 1); at += PART) {
        const more = at + PART < records.length
        standing = more ? { place, skip: at + PART } : { place: next, skip: 0 }
        yield { records: records.slice(at, at + PART), cursor: standing satisfies Cursor }
      }
    }
  },
})

function recordsOf(body: unknown, path: string, asked: string): readonly DataRecord[] {
  const list = valueAt(body, path)
  const where = path === '' ? 'its answer' : `“${path}” of its answer`
  if (list === null || list === undefined) {
    if (path === '') return []
    throw new StepError(
      'REPLY_UNREADABLE',
      `${asked} was read, but there is no ${where}. Correct where the records stand.`,
    )
  }
  if (!Array.isArray(list)) {
    throw new StepError(
      'REPLY_UNREADABLE',
      `${asked} was read, but ${where} is no list. Correct where the records stand.`,
    )
  }
  // Text, numbers and lists among the elements become records too, so that nothing is lost.
  return list.map((one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? { ...one } : { value: one },
  )
}
