import type { Context } from '../kit/connector.ts'
import { type Fields, textOf } from '../kit/fields.ts'
import type { Option, OptionSource } from '../kit/options.ts'
import { answeredList, call } from './client/client.ts'

/** Numbers of system fields are the same in every account; customers' own begin above these. */
const SYSTEM_FIELDS = 1000

/** `Xero contact id · 9001`. A customer's own field is stored by its name, so that a flow can move to another account. */
const field = (entry: Fields): Option => {
  const number = textOf(entry.id)
  const own = Number(number) >= SYSTEM_FIELDS
  return { value: (own && textOf(entry.string_id)) || number, label: `${textOf(entry.name)} · ${number}` }
}

const named = (entry: Fields): Option => ({
  value: textOf(entry.id),
  label: `${textOf(entry.name)} · ${textOf(entry.id)}`,
})

/** What settings of Emarsys' operations choose from. Which fields are indexed, and so may be keys, Emarsys does not say. */
export const options: readonly OptionSource[] = [
  source('fields', 'Contact fields', '/field', 'list contact fields', 'field.list', field),
  source('choice-fields', 'Single-choice fields', '/field', 'list contact fields', 'field.list', named, isChoice),
  source('contact-lists', 'Contact lists', '/contactlist', 'list contact lists', 'contactlist.list', named),
  source('events', 'External events', '/event/', 'list external events', 'externalevent.list', named),
  source('segments', 'Segments', '/filter', 'list segments', 'segment.list', named),
]

function source(
  name: string,
  title: string,
  path: string,
  doing: string,
  permission: string,
  option: (entry: Fields) => Option,
  offers: (entry: Fields) => boolean = () => true,
): OptionSource {
  const permissions = [permission]
  return {
    name,
    title,
    permissions,
    options: async (context: Context) => {
      const entries = answeredList(await call(context, { method: 'GET', path, doing, permissions }), doing)
      const all = entries.filter(offers).map(option)
      return all.filter(({ value }) => value !== '').sort((one, other) => one.label.localeCompare(other.label))
    },
  }
}

function isChoice({ application_type }: Fields): boolean {
  return application_type === 'singlechoice'
}
