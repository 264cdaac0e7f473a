import { dayField } from './input.ts'
import { type Answer, json, validationFailed } from './answers.ts'
import type { Query } from './listing.ts'
import { envelope, msDay, type Wire } from './wire.ts'
import { noteWrite, type World } from './world.ts'

/** One element, checked but not yet done. With errors, commit must not be called. */
export type Prepared = {
  readonly errors: readonly string[]
  /** Of what is taken all the same. */
  readonly warnings?: readonly string[]
  /** Does it and returns the wire form of what came out. */
  commit(): { readonly id: string; readonly wire: Wire }
  /** What a refused element shows besides what was sent: its id, or the zero id when there is none. */
  readonly echo: Wire
}

export const ZERO_ID = '00000000-0000-0000-0000-000000000000'

export type BatchOptions = {
  readonly key: string
  readonly elements: readonly Wire[]
  readonly query: Query
  /** Some resources have none. */
  readonly errorFlag?: 'HasErrors' | 'HasValidationErrors'
  prepare(element: Wire): Prepared
}

/**
 * Summarised (the default): one bad element refuses all with 400. Whether Xero keeps the good ones then is not known;
 * the sandbox keeps none. summarizeErrors=false: always 200, in order, each element with its own verdict.
 */
export function writeBatch(
  world: World,
  at: { method: string; path: string; resource: string },
  options: BatchOptions,
): Answer {
  const summarise = options.query.summarizeerrors?.toLowerCase() !== 'false'
  const refused = (element: Wire, prepared: Prepared): Wire => ({
    ...element,
    ...echoedDays(element),
    ...prepared.echo,
    ...(options.errorFlag ? { [options.errorFlag]: true } : {}),
    ...(summarise ? {} : { StatusAttributeString: 'ERROR' }),
    ValidationErrors: prepared.errors.map((Message) => ({ Message })),
  })
  // What cannot be read refuses the request before any of it is done, however errors are to be summed up.
  const checked = options.elements.map((element) => ({ element, prepared: options.prepare(element) }))
  if (summarise) {
    const bad = checked.filter(({ prepared }) => prepared.errors.length > 0)
    if (bad.length > 0) return validationFailed(bad.map(({ element, prepared }) => refused(element, prepared)))
  }
  const done: Wire[] = []
  for (const element of options.elements) {
    // Prepared again, because the elements before it may have changed the books.
    const prepared = options.prepare(element)
    if (prepared.errors.length > 0) {
      if (summarise) return validationFailed([refused(element, prepared)])
      done.push(refused(element, prepared))
      continue
    }
    const { id, wire } = prepared.commit()
    noteWrite(world, { ...at, id, body: element })
    const { warnings = [] } = prepared
    done.push({
      ...wire,
      ...(summarise ? {} : { StatusAttributeString: warnings.length > 0 ? 'WARNING' : 'OK' }),
      ...(warnings.length > 0 ? { Warnings: warnings.map((Message) => ({ Message })) } : {}),
    })
  }
  return json(200, envelope(world.clock.now(), options.key, done))
}

/** What was sent comes back as Xero read it: days in its own spelling. */
function echoedDays(element: Wire): Wire {
  const sent = Object.keys(element).filter((name) => ['date', 'duedate'].includes(name.toLowerCase()))
  const days = sent.map((name) => [name, dayField(element, name)] as const)
  return Object.fromEntries(days.map(([name, day]) => [name, day === undefined ? element[name] : msDay(day)]))
}
