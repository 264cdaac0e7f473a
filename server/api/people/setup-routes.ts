import { INSTALLATION } from '../../audit/chain.ts'
import { Me, SetupRequest, SetupState } from '../../contract/people.ts'
import { noteProven } from '../../store/people/hands.ts'
import { newId } from '../../store/database/ids.ts'
import { anyPerson, insertPerson, takeSetupLink } from '../../store/people/people.ts'
import { insertMember, insertWorkspace } from '../../store/workspace/workspaces.ts'
import { auditDeed } from '../http/audit.ts'
import { rememberBrowser } from './known-browsers.ts'
import { describeMe } from './me.ts'
import type { Api, AppParts } from '../http/parts.ts'
import { hashPassword, refuseWeak } from './passwords.ts'
import { ApiProblem } from '../http/problems.ts'
import { hashSecret, startSession } from '../http/sessions.ts'

export function setupRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/setup',
    {
      schema: { summary: 'Say whether there is an owner', tags: ['signing in'], response: { 200: SetupState } },
      config: { permission: 'public' },
    },
    async () => ({ done: await anyPerson(parts.system) }),
  )

  api.post(
    '/setup',
    {
      schema: {
        summary: 'Make the owner and the first workspace with the one-time link, and sign in',
        tags: ['signing in'],
        body: SetupRequest,
        response: { 201: Me },
      },
      config: {
        permission: 'public',
        codes: ['REQUEST_INVALID', 'SETUP_LINK_DEAD', 'PASSWORD_WEAK', 'RATE_LIMITED', 'ORIGIN_REFUSED'],
        rateLimit: { max: 20, timeWindow: '1 minute' },
      },
    },
    async (request, reply) => {
      const { token, email, name, password, workspace } = request.body
      refuseWeak(password, { email, name })
      if (await anyPerson(parts.system)) throw new ApiProblem('SETUP_LINK_DEAD', 'There is an owner already. Sign in.')
      const person = { id: newId(), email, name }
      const passwordHash = await hashPassword(password)
      await parts.system.transaction().execute(async (tx) => {
        if (!(await takeSetupLink(tx, hashSecret(token)))) throw new ApiProblem('SETUP_LINK_DEAD')
        const id = newId()
        await insertPerson(tx, { ...person, passwordHash })
        await noteProven(tx, person.id, 'setup')
        await insertWorkspace(tx, id, workspace)
        await insertMember(tx, id, person.id, 'owner')
        await auditDeed(tx, INSTALLATION, request, { person })
      })
      const how = await startSession(parts, request, reply, person.id)
      rememberBrowser(parts, request, reply, person.email)
      return reply.code(201).send(await describeMe(parts, { via: 'session', person, ...how }))
    },
  )
}
