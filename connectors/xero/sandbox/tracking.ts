import { listField, textField } from './input.ts'
import type { Books } from './model.ts'
import { ID_KIND, uuidOf } from './random.ts'
import type { Wire } from './wire.ts'

/** The organisation's two categories. Options must exist before a line may name them. */
export const CATEGORIES = [
  { name: 'Region', options: ['North', 'South', 'Online'] },
  { name: 'Channel', options: ['Web shop', 'Retail', 'Wholesale'] },
] as const

const categoryId = (seed: number, category: number): string => uuidOf(seed, ID_KIND.tracking, category + 1)
const optionId = (seed: number, category: number, option: number): string =>
  uuidOf(seed, ID_KIND.tracking, (category + 1) * 100 + option)

export function categoryWires(seed: number): Wire[] {
  return CATEGORIES.map(({ name, options }, category) => ({
    Name: name,
    Status: 'ACTIVE',
    TrackingCategoryID: categoryId(seed, category),
    Options: options.map((option, at) => ({
      TrackingOptionID: optionId(seed, category, at),
      Name: option,
      Status: 'ACTIVE',
    })),
  }))
}

/** The tracking of a line as it is kept, by ids and names. Undefined when none was sent. */
export function readTracking({ seed }: Books, given: Wire, errors: string[]): Wire[] | undefined {
  const sent = listField(given, 'Tracking')
  if (!sent) return undefined
  if (sent.length > 2) errors.push('A line item can have at most 2 tracking categories.')
  return sent.map((one) => {
    const name = textField(one, 'Name') ?? ''
    const option = textField(one, 'Option') ?? ''
    const id = textField(one, 'TrackingCategoryID')?.toLowerCase()
    const category = CATEGORIES.findIndex(
      (known, at) => known.name.toLowerCase() === name.toLowerCase() || categoryId(seed, at) === id,
    )
    const known = CATEGORIES[category]
    const at = known?.options.findIndex((each) => each.toLowerCase() === option.toLowerCase()) ?? -1
    if (!known || at < 0) {
      errors.push(`The TrackingCategory '${name}' with the option '${option}' does not exist.`)
      return {}
    }
    return {
      Name: known.name,
      Option: known.options[at],
      TrackingCategoryID: categoryId(seed, category),
      TrackingOptionID: optionId(seed, category, at),
    }
  })
}
