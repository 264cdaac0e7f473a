import { type Answer, json, notFound, notImplemented, validationFailed } from './answers.ts'
import { elementsOf, textField } from './input.ts'
import type { Contact, ContactGroup } from './model.ts'
import { envelope, type Wire } from './wire.ts'
import { shortContact } from './wire-contacts.ts'
import { noteWrite, type World } from './world.ts'
import type { WriteRequest } from './writing.ts'

export function groupWire(group: ContactGroup, withMembers: boolean): Wire {
  return {
    ContactGroupID: group.id,
    Name: group.name,
    Status: group.status,
    Contacts: withMembers ? [...group.members].map(({ id, name }) => ({ ContactID: id, Name: name })) : [],
  }
}

export function readGroups(world: World, id: string | undefined): Answer {
  const wanted = world.books.groups.filter(
    (group) => group.status === 'ACTIVE' && (id === undefined || group.id === id.toLowerCase()),
  )
  if (id !== undefined && wanted.length === 0) return notFound()
  const wires = wanted.map((group) => groupWire(group, id !== undefined))
  return json(200, envelope(world.clock.now(), 'ContactGroups', wires))
}

/** PUT /ContactGroups/{id}/Contacts adds, DELETE …/Contacts/{ContactID} removes one, DELETE …/Contacts all. */
export function writeGroupMembers(world: World, request: WriteRequest): Answer {
  const { method, rest, path } = request
  const group = world.books.groups.find((one) => one.id === rest[0]?.toLowerCase() && one.status === 'ACTIVE')
  if (!group || rest[1]?.toLowerCase() !== 'contacts') return group ? notImplemented() : notFound()
  if (method === 'PUT' && rest.length === 2) return addMembers(world, group, request)
  if (method !== 'DELETE') return notImplemented()
  const member = [...group.members].find(({ id }) => id === rest[2]?.toLowerCase())
  if (rest.length === 3 && !member) return notFound()
  for (const one of rest.length === 3 ? [member] : [...group.members]) {
    if (!one) continue
    group.members.delete(one)
    one.groups?.delete(group)
  }
  noteWrite(world, { method, path, resource: 'ContactGroups', id: group.id, body: null })
  return { status: 204, type: '', body: '' }
}

/** One that cannot be a member refuses all: this address takes no summarizeErrors. */
function addMembers(world: World, group: ContactGroup, { method, path, body }: WriteRequest): Answer {
  const elements = elementsOf(body, 'Contacts')
  const found = elements.map((element) =>
    world.books.contacts.get(textField(element, 'ContactID')?.toLowerCase() ?? ''),
  )
  const refused = elements.flatMap((element, at) => {
    const why = problemOf(found[at])
    return why ? [{ ...element, ValidationErrors: [{ Message: why }] }] : []
  })
  if (refused.length > 0) return validationFailed(refused)
  const members = found.filter((contact) => contact !== undefined)
  for (const contact of members) {
    group.members.add(contact)
    contact.groups ??= new Set()
    contact.groups.add(group)
  }
  noteWrite(world, { method, path, resource: 'ContactGroups', id: group.id, body: elements })
  return json(200, envelope(world.clock.now(), 'Contacts', members.map(shortContact)))
}

function problemOf(contact: Contact | undefined): string | undefined {
  if (!contact) return 'The contact could not be found.'
  return contact.status === 'ARCHIVED' ? 'Unable to assign an Archived contact.' : undefined
}
