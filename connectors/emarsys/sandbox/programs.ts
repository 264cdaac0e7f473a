import type { FastifyInstance } from 'fastify'
import type { Account } from './account.ts'
import { record } from './account.ts'
import { bodyOf } from './contact-routes.ts'
import { textOf } from './contact-writes.ts'
import { ApiFailure, ok } from './envelope.ts'

/** A program of the Automation Center. `entry`: the node by which it can be started from outside. */
export type Program = {
  readonly id: number
  readonly name: string
  readonly status: 'indesign' | 'active'
  readonly entry?: { readonly nodeType: string; readonly resource: string }
}

/** A program that was started for some contacts. */
export type ProgramRun = {
  readonly id: number
  readonly at: number
  readonly program: number
  readonly contacts: readonly number[]
}

/** Made by hand in a live account. */
export const bornPrograms = (): readonly Program[] => [
  { id: 1148, name: 'Dunning program', status: 'active', entry: { nodeType: 'entry-api', resource: '12' } },
  { id: 1149, name: 'Winter program', status: 'indesign' },
]

const contactsOf = (account: Account, body: { readonly [name: string]: unknown }): number[] => {
  if (body.contact_list_id !== undefined) {
    const list = account.lists.get(Number(textOf(body.contact_list_id)))
    if (list === undefined) throw new ApiFailure(400, 1008, 'Contact list does not exist')
    return [...list.members]
  }
  if (body.contact_id === undefined)
    throw new ApiFailure(400, 10001, 'Either contact_list_id or contact_id must be provided')
  const contact = account.contacts.byId(Number(textOf(body.contact_id)))
  if (contact === undefined) throw new ApiFailure(400, 2008, 'No contact found with the external id: id')
  return [contact.id]
}

type OfEntry = { Params: { nodeType: string; resource: string } }

/** Programs, and starting one from outside. */
export const programRoutes = (app: FastifyInstance, account: Account): void => {
  app.get('/ac/programs', { config: { emarsysSwitch: 'program.get' } }, async () =>
    ok(account.programs.map(({ id, name, status }) => ({ id, name, status, parent_id: null }))),
  )
  app.post<OfEntry>(
    '/ac/programs/entrypoints/:nodeType/resources/:resource/runs',
    { config: { emarsysSwitch: 'program.start' } },
    async (request) => {
      const { nodeType, resource } = request.params
      const program = account.programs.find(({ entry }) => entry?.nodeType === nodeType && entry.resource === resource)
      if (program === undefined) throw new ApiFailure(404, 9100, 'The program does not exist.')
      const contacts = contactsOf(account, bodyOf(request))
      const id = account.nextNumber++
      account.programRuns.push({ id, at: account.now(), program: program.id, contacts })
      record(account, 'program.start', program.id, { contacts })
      return ok({ run_id: String(id) })
    },
  )
}
