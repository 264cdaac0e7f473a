import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { sayField } from './field-words.ts'

/** Where two changes of a flow met, in words: `nodes.rows.settings.expression` is “One row per line › Expression”. */
export function sayPlace(place: string, flow: Flow | undefined, operations: readonly OperationInfo[] = []): string {
  const [part = '', key = '', ...field] = place.split('.')
  if (part === 'nodes') {
    const node = flow?.nodes.find(({ id }) => id === key)
    const info = operations.find(({ id }) => id === node?.operation)
    const name = node?.name ?? key
    return field.length === 0 ? name : `${name} › ${sayField(field.join('.'), info)}`
  }
  if (part === 'edges') return 'a connection between steps'
  if (part === 'form') return `the question “${flow?.form?.find(({ name }) => name === key)?.title ?? key}”`
  if (part === 'slots') return `the account “${flow?.slots[key]?.title ?? key}”`
  return `the flow’s ${sayField(place, undefined).toLowerCase()}`
}
