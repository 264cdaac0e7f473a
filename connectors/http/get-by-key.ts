import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { call, fillPath } from './client.ts'
import { valueAt } from './pages.ts'

export const getByKey = defineLookup({
  name: 'get-by-key',
  title: 'Get one by key',
  summary: 'Finds one record of any JSON API by its key; one call for each key.',
  synonyms: ['rest', 'look up', 'fetch one'],
  settings: Type.Object(
    {
      path: Type.String({
        title: 'Path',
        description: 'With {key} where the key goes: /orders/{key}',
        pattern: '^/[^\\s]*\\{key\\}[^\\s]*$',
      }),
      recordPath: Type.String({
        title: 'Where the record stands',
        description: 'Dotted path within the answer, such as data; empty: the answer is the record.',
        maxLength: 200,
        default: '',
      }),
    },
    { additionalProperties: false },
  ),
  permissions: [],
  maxBatch: 1,
  async find(context, keys) {
    const { path, recordPath } = context.settings
    const found = new Map<string, DataRecord>()
    for (const key of keys) {
      try {
        const { body } = await call(context, {
          method: 'GET',
          path: fillPath(path, { key }),
          doing: `get “${key}” from ${path}`,
        })
        const record = valueAt(body, recordPath)
        if (typeof record === 'object' && record !== null && !Array.isArray(record)) found.set(key, { ...record })
      } catch (error) {
        if (!(error instanceof StepError) || error.code !== 'NOT_FOUND') throw error
      }
    }
    return found
  },
})
