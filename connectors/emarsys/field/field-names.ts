import type { Context } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { answeredList, call } from '../client/client.ts'

/** Field numbers by what people call a field, folded; several where a name is not unique. */
type Names = ReadonlyMap<string, readonly string[]>

export const isFieldNumber = (text: string) => /^[0-9]+$/.test(text)

const fold = (name: string) => name.normalize('NFC').trim().toLowerCase()

/**
 * For how long a list of fields is believed, in milliseconds. A busy connection stays open for days, and marketers make,
 * rename and delete fields meanwhile.
 */
const BELIEVED_MS = 300_000

/** A run whose records name fields that are not there asks no more often than this, in milliseconds. */
const ASK_AGAIN_MS = 60_000

type Asked = {
  readonly names: Promise<Names>
  readonly at: number
  /** Emarsys has refused one of the fields since. */
  doubted: boolean
  /** When each run last asked, by its signal. */
  readonly by: WeakMap<AbortSignal, number>
}

/**
 * The account's fields, asked for at most once per opened connection and five minutes, and only by whoever names a
 * field. Custom fields have other numbers in every account, so names are what a flow can carry along.
 */
const asked = new WeakMap<object, Asked>()

/** What was known of the account's fields is wrong: Emarsys refused one of them. */
export function forgetFields({ connection }: Context): void {
  const known = asked.get(connection)
  if (known) known.doubted = true
}

/**
 * Names that are not in the list are looked for once more, as somebody may just have made the field: at the first such
 * batch of a run, and then once a minute, since every batch of it may name the field that is gone.
 */
async function namesWith(context: Context, wanted: readonly string[]): Promise<Names> {
  const known = asked.get(context.connection)
  if (!known || performance.now() - known.at >= BELIEVED_MS) return askAnew(context, known)
  const names = await known.names
  const isDoubtful = known.doubted || wanted.some((name) => !isFieldNumber(name) && !names.has(fold(name)))
  const before = known.by.get(context.signal)
  const mayAsk = before === undefined || performance.now() - before >= ASK_AGAIN_MS
  return isDoubtful && mayAsk ? askAnew(context, known) : names
}

function askAnew(context: Context, known: Asked | undefined): Promise<Names> {
  const { connection, signal } = context
  const at = performance.now()
  const by = known?.by ?? new WeakMap<AbortSignal, number>()
  by.set(signal, at)
  const names = askNames(context)
  asked.set(connection, { names, at, doubted: false, by })
  names.catch(() => asked.delete(connection))
  return names
}

async function askNames(context: Context): Promise<Names> {
  const doing = 'list contact fields'
  const data = await call(context, { method: 'GET', path: '/field', doing, permissions: ['field.list'] })
  const byStringId = new Map<string, string[]>()
  const byName = new Map<string, string[]>()
  for (const field of answeredList(data, doing)) {
    for (const [map, name] of [
      [byStringId, textOf(field.string_id)],
      [byName, textOf(field.name)],
    ] as const) {
      if (name !== '') map.set(fold(name), [...(map.get(fold(name)) ?? []), textOf(field.id)])
    }
  }
  // The technical name never changes, so it wins over another field's title.
  return new Map([...byName, ...byStringId])
}

/** Numbers of the fields that have one, by the names given; a name of several fields has their numbers with commas. */
export async function fieldNumbers(
  context: Context,
  names: Iterable<string>,
): Promise<{ readonly [name: string]: string }> {
  const wanted = [...new Set(names)]
  const known = wanted.every(isFieldNumber) ? undefined : await namesWith(context, wanted)
  return Object.fromEntries(
    wanted.flatMap((name) => {
      const numbers = isFieldNumber(name) ? [name] : known?.get(fold(name))
      return numbers ? [[name, numbers.join()] as const] : []
    }),
  )
}

/** The number of a field that a setting names. @throws CONFIG_INVALID */
export function settingNumber(numbers: { readonly [name: string]: string }, name: string): string {
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined
  if (number === undefined)
    throw new StepError('CONFIG_INVALID', `${gone(name)} Choose a field in the step’s settings.`)
  if (number.includes(',')) throw new StepError('CONFIG_INVALID', several(name, number))
  return number
}

/** The number of a field that one record names. @throws FIELD_GONE | AMBIGUOUS, for this record only */
export function recordNumber(settings: object, name: string): string {
  if (isFieldNumber(name)) return name
  if (/^(?:id|uid|eid)$/i.test(name)) {
    throw new StepError('INVALID_INPUT', `“${name}” belongs to Emarsys and cannot be written.`)
  }
  const numbers = fieldsOf(fieldsOf(settings).fieldNumbers)
  const number = Object.hasOwn(numbers, name) ? textOf(numbers[name]) : ''
  if (number === '') throw new StepError('FIELD_GONE', `${gone(name)} Change the step’s expression, or make the field.`)
  if (number.includes(',')) throw new StepError('AMBIGUOUS', several(name, number))
  return number
}

const gone = (name: string) =>
  `Emarsys has no contact field “${name.slice(0, 100)}”. It was deleted or renamed there, or never made.`
const several = (name: string, numbers: string) =>
  `Emarsys has more than one contact field “${name.slice(0, 100)}”: ${numbers.replaceAll(',', ', ')}. Use the number.`

/** For operations whose only field is the one that identifies a contact. */
export async function bindKeyField<S extends { readonly keyField: string }>(context: Context<S>): Promise<S> {
  const { settings } = context
  if (isFieldNumber(settings.keyField)) return settings
  return { ...settings, keyField: settingNumber(await fieldNumbers(context, [settings.keyField]), settings.keyField) }
}
