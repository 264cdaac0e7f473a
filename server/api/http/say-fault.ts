import type { Fault } from './meant-faults.ts'

const FORMATS: { readonly [format: string]: string } = {
  email: 'is no e-mail address',
  uuid: 'is no id',
  uri: 'is no address such as https://example.com',
  date: 'is no day such as 2026-11-28',
  'date-time': 'is no time such as 2026-11-28T09:00:00Z',
}
const TYPES: { readonly [type: string]: string } = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

/** In words for people: what the value has to be. */
export function sayFault({ keyword = '', message, params = {} }: Fault): string {
  const limit = Number(params['limit'])
  const many = (one: string) => `${limit} ${one}${limit === 1 ? '' : 's'}`
  switch (keyword) {
    case 'format':
      return FORMATS[String(params['format'])] ?? `is not written as ${String(params['format'])}`
    case 'pattern':
      // That there is anything but space.
      return params['pattern'] === '\\S' ? 'must not be empty' : `must look like ${String(params['pattern'])}`
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have ${many('character')} or more`
    case 'maxLength':
      return `may have ${many('character')} at most`
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have ${limit} or more entries`
    case 'maxItems':
      return `may have ${limit} entries at most`
    case 'minProperties':
      return 'must say what is to change'
    case 'type': {
      const types = [params['type']].flat().map((type) => TYPES[String(type)] ?? String(type))
      return `must be ${types.join(' or ')}`
    }
    case 'minimum':
      return `must be ${limit} or more`
    case 'maximum':
      return `must be ${limit} or less`
    default:
      return message ?? 'is not valid'
  }
}
