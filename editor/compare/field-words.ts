import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import { fieldsOf } from '../form/schema.ts'

const OWN: { readonly [field: string]: string } = {
  name: 'Name',
  description: 'Description',
  operation: 'What it does',
  slot: 'Account',
  note: 'Remark',
  disabled: 'Switched off',
  capture: 'What is kept of runs',
  order: 'Order of records',
}

/** A field of a difference as its form calls it: `settings.condition` is “Condition”, deeper places keep their path. */
export function sayField(field: string, info: OperationInfo | undefined): string {
  const [place = '', name, ...inside] = field.split('.')
  if (place !== 'settings' || name === undefined) return Object.hasOwn(OWN, field) ? (OWN[field] ?? field) : field
  const title = (info && fieldsOf(info.settings).find((one) => one.name === name)?.title) ?? name
  // People count from one.
  const path = inside.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part))
  return [title, ...path].join(' › ')
}
