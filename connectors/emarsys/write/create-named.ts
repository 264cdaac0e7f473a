import { type TSchema, Type } from 'typebox'
import { type Context, type DataRecord, defineWrite, type Outcome, type WriteOperation } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { answeredList, call } from '../client/client.ts'
import { hasControls } from '../field/keys.ts'

type Named = Pick<WriteOperation, 'name' | 'title' | 'summary' | 'synonyms' | 'permissions'> & {
  readonly doing: string
  /** Where things of this kind are made and listed. */
  readonly path: string
  readonly listPermission: string
  /** What is sent beside the name, from the payload. */
  readonly more?: { readonly payload: { readonly [name: string]: TSchema }; body(payload: DataRecord): object }
}

/**
 * Making a thing that has a name: a list, an event, a field. Once per name; Emarsys makes a second list of one name
 * without a word, so after a lost answer it is looked for among those that are there.
 */
export const createNamed = ({ doing, path, listPermission, more, ...named }: Named) =>
  defineWrite({
    ...named,
    settings: Type.Object({}, { additionalProperties: false }),
    effect: 'unsafe',
    policies: ['once-per-key'],
    payload: Type.Object(
      {
        name: Type.String({ title: 'Name', description: 'As marketers will see it', minLength: 1, maxLength: 200 }),
        ...more?.payload,
      },
      { additionalProperties: false },
    ),
    maxBatch: 1,
    prepare(_settings, payload) {
      const name = textOf(payload.name).normalize('NFC').trim()
      if (name === '') throw new StepError('INVALID_INPUT', 'This record has no name.')
      if (hasControls(name)) throw new StepError('INVALID_INPUT', 'This name holds control characters.')
      return { ...payload, name }
    },
    key: (_settings, payload) => textOf(payload.name),
    async probe(context: Context, items) {
      const data = await call(context, { method: 'GET', path, doing, permissions: [listPermission] })
      const names = new Set(answeredList(data, doing).map((entry) => textOf(entry.name)))
      return items.map((item) => (names.has(textOf(item.value.name)) ? 'arrived' : 'absent'))
    },
    async write(context: Context, items): Promise<readonly Outcome[]> {
      const { value } = items[0]!
      const data = await call(context, {
        method: 'POST',
        path,
        json: { name: value.name, ...more?.body(value) },
        doing,
        permissions: named.permissions,
      })
      return [{ status: 'confirmed', id: textOf(fieldsOf(data).id) }]
    },
  })
