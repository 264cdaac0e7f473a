import type { Finding } from '../../../connectors/kit/connector.ts'
import { failedFinding } from '../../../connectors/kit/failed-finding.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import { isToChoose } from '../../../connectors/kit/is-to-choose.ts'
import { signInEnd } from '../../../connectors/kit/sign-in-end.ts'
import {
  ConnectionList,
  ConnectionNeeds,
  ConnectionParams,
  ConnectionPatch,
  ConnectionView,
  NewConnection,
  TestResult,
} from '../../contract/connections.ts'
import type { Usage } from '../../connect/budgets.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { listBoundFlows } from '../../store/connection/bound-flows.ts'
import {
  type ConnectionRow,
  findConnection,
  insertConnection,
  listConnections,
  NOT_OPENED,
  secretsPlace,
  updateConnection,
} from '../../store/connection/connection-records.ts'
import { newId } from '../../store/database/ids.ts'
import type { Role } from '../../store/database/schema.ts'
import { open, SealBroken, seal } from '../../store/key/secrets.ts'
import { keepConnection } from '../../store/connection/unused-connections.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { checkConnection, keepLoginAtHome, kindOf } from './connection-forms.ts'
import { maskedWords } from '../view/mask.ts'
import { missingFindings, needsOf } from './needs.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { refuseMoreThanRenewal } from './renewal.ts'
import { iso } from '../view/views.ts'

type Request = { readonly params: { readonly workspace: string } }

/** A test makes a handful of calls; a remote that takes longer than this for them is not well. */
const TEST_MS = 60_000

export async function showConnection(parts: AppParts, request: Request, id: string): Promise<ConnectionView> {
  const row = await inTenant(parts, request, (tx, workspace) => findConnection(tx, workspace, id))
  return viewConnection(parts, request.params.workspace, found(row, 'connection'))
}

async function showNeeds(parts: AppParts, request: Request, id: string): Promise<ConnectionNeeds> {
  const { row, flows } = await boundTo(parts, request, id)
  return needsOf(parts, row, flows)
}

const boundTo = (parts: AppParts, request: Request, id: string) =>
  inTenant(parts, request, async (tx, workspace) => ({
    row: found(await findConnection(tx, workspace, id), 'connection'),
    flows: await listBoundFlows(tx, workspace, id),
  }))

async function viewConnection(parts: AppParts, workspace: string, row: ConnectionRow): Promise<ConnectionView> {
  const opened = openSecrets(parts, workspace, row)
  const secrets = opened ?? {}
  const { id, connector, login, settings } = row
  const of = parts.connectors.find(({ name }) => name === connector)
  const kind = of?.logins.find(({ name }) => name === login)
  const budget = await parts.connections.usage({ workspace, id, connector, login, settings, secrets })
  return {
    id: row.id,
    connector: row.connector,
    name: row.name,
    login: row.login,
    settings: row.settings,
    pinned: row.pinned,
    secretsSet: Object.entries(secrets)
      .flatMap(([name, value]) => (value === '' ? [] : [name]))
      .sort(),
    signedIn: row.signed_in,
    chooses: row.signed_in && isToChoose(of, row),
    state: opened === undefined ? 'sign-in-needed' : row.state,
    stateMessage:
      opened === undefined ? NOT_OPENED : row.state_message === null ? null : maskedWords(row.state_message),
    findings: findingsOf(row.findings),
    maxRuns: row.max_runs,
    validUntil: row.valid_until,
    ends: signInEnd(kind, { validUntil: row.valid_until, tokensEnd: row.tokens_expire_at }) ?? null,
    testedAt: iso(row.tested_at),
    usedOn: row.used_on,
    offSince: iso(row.off_since),
    turnsOffOn: row.turns_off_on,
    budget: viewBudget(budget),
    usedBy: row.used_by.map(({ id, name }) => ({ id, name })),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

const viewBudget = (usage: Usage | undefined): ConnectionView['budget'] =>
  usage ? { ...usage, pausedUntil: iso(usage.pausedUntil), dayFullAt: iso(usage.dayFullAt) } : null

/** All connections of a workspace, with what each has used of its calls. */
export async function viewConnections(parts: AppParts, request: Request): Promise<ConnectionView[]> {
  const { workspace } = request.params
  const rows = await inTenant(parts, request, (tx) => listConnections(tx, workspace))
  return Promise.all(rows.map((row) => viewConnection(parts, workspace, row)))
}

/** Undefined: they were changed or moved in the database. One such row keeps nobody from seeing the others, or from mending it. */
function openSecrets(parts: AppParts, workspace: string, row: ConnectionRow): { [field: string]: string } | undefined {
  try {
    const secrets: unknown = JSON.parse(open(parts.keys, secretsPlace(workspace, row.id), row.secrets).toString())
    // Sealed below, from a body whose values the contract makes texts.
    return secrets as { [field: string]: string }
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}

function findingsOf(stored: unknown): ConnectionView['findings'] {
  // Written by the connection's test, in this form.
  return Array.isArray(stored) ? (stored as NonNullable<ConnectionView['findings']>) : null
}

export function connectionRoutes(api: Api, parts: AppParts): void {
  const tags = ['connections']
  const sealed = (workspace: string, id: string, secrets: object) =>
    seal(parts.keys, secretsPlace(workspace, id), JSON.stringify(secrets))

  api.get(
    '/workspaces/:workspace/connections',
    {
      schema: { summary: 'List connections', tags, params: WorkspaceParams, response: { 200: ConnectionList } },
      config: { permission: 'connections.read' },
    },
    async (request) => ({ items: await viewConnections(parts, request) }),
  )

  api.post(
    '/workspaces/:workspace/connections',
    {
      schema: {
        summary: 'Make a connection. Secrets go in and never come out',
        tags,
        params: WorkspaceParams,
        body: NewConnection,
        response: { 201: ConnectionView },
      },
      config: { permission: 'connections.manage', codes: ['CONNECTION_INVALID'] },
    },
    async (request, reply) => {
      const { connector, name, login } = request.body
      const { settings, secrets } = checkConnection(
        kindOf(parts, connector, login),
        request.body.settings,
        request.body.secrets,
      )
      const id = newId()
      tell(request, { subject: { connection: id } })
      await inTenant(parts, request, (tx, workspace) =>
        insertConnection(tx, {
          workspace,
          id,
          connector,
          name,
          login,
          settings: JSON.stringify(settings),
          secrets: sealed(workspace, id, secrets),
        }),
      )
      return reply.code(201).send(await showConnection(parts, request, id))
    },
  )

  api.get(
    '/workspaces/:workspace/connections/:connection',
    {
      schema: { summary: 'Show a connection', tags, params: ConnectionParams, response: { 200: ConnectionView } },
      config: { permission: 'connections.read' },
    },
    async (request) => showConnection(parts, request, request.params.connection),
  )

  api.patch(
    '/workspaces/:workspace/connections/:connection',
    {
      schema: {
        summary: 'Change a connection. New settings or secrets end its sign-in. To renew one, secrets are enough',
        tags,
        params: ConnectionParams,
        body: ConnectionPatch,
        response: { 200: ConnectionView },
      },
      config: { permission: 'connections.renew', codes: ['CONNECTION_INVALID'] },
    },
    async (request) => {
      const { connection } = request.params
      const { name, settings, secrets, maxRuns, validUntil } = request.body
      const more = { name, settings, maxRuns, validUntil }
      if (Object.values(more).some((one) => one !== undefined)) refuseUnlessManager(request.role)
      else refuseMoreThanRenewal(request.role, await showConnection(parts, request, connection))
      await inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findConnection(tx, workspace, connection), 'connection')
        const kept = openSecrets(parts, workspace, row) ?? {}
        const kind = kindOf(parts, row.connector, row.login)
        const checked = checkConnection(kind, settings ?? row.settings, { ...kept, ...secrets })
        keepLoginAtHome(kind.connector, { before: row.settings, after: checked.settings }, { kept, entered: secrets })
        await updateConnection(tx, workspace, connection, {
          name,
          settings: settings && JSON.stringify(checked.settings),
          secrets: secrets && sealed(workspace, connection, checked.secrets),
          maxRuns,
          validUntil,
        })
      })
      return showConnection(parts, request, connection)
    },
  )

  api.get(
    '/workspaces/:workspace/connections/:connection/needs',
    {
      schema: {
        summary: 'Which permissions of the other system its flows need, and which of them it does not ask for',
        tags,
        params: ConnectionParams,
        response: { 200: ConnectionNeeds },
      },
      config: { permission: 'connections.read' },
    },
    async (request) => showNeeds(parts, request, request.params.connection),
  )

  api.post(
    '/workspaces/:workspace/connections/:connection/test',
    {
      schema: {
        summary: 'Sign in and try each permission; the findings are kept with the connection',
        tags,
        params: ConnectionParams,
        response: { 200: TestResult },
      },
      config: { permission: 'connections.test' },
    },
    async (request) => {
      const { workspace, connection } = request.params
      const findings = await testConnection(parts, request)
      // What was found is kept where the sign-in is held, not in a transaction of this request.
      await inTenant(parts, request, (tx) => auditDeed(tx, workspace, request))
      return {
        ok: findings.every(({ ok }) => ok),
        findings,
        connection: await showConnection(parts, request, connection),
      }
    },
  )

  api.post(
    '/workspaces/:workspace/connections/:connection/keep',
    {
      schema: {
        summary:
          'Say that a connection is needed: its days without use count anew, and one that was turned off is on and tested',
        tags,
        params: ConnectionParams,
        response: { 200: ConnectionView },
      },
      config: { permission: 'connections.manage' },
    },
    (request) => keep(parts, request),
  )
}

async function testConnection(
  parts: AppParts,
  request: Request & { readonly params: { readonly connection: string } },
): Promise<Finding[]> {
  const { workspace, connection } = request.params
  const { row, flows } = await boundTo(parts, request, connection)
  return tryConnection(parts, workspace, connection, (findings) =>
    missingFindings(parts, row, needsOf(parts, { ...row, findings }, flows)),
  )
}

/** Says that it is needed. Turned off, it is tried as soon as it is on: what comes of that stands with it. */
async function keep(parts: AppParts, request: Request & { readonly params: { readonly connection: string } }) {
  const { workspace, connection } = request.params
  const wasOff = await inTenant(parts, request, async (tx) => {
    found(await findConnection(tx, workspace, connection), 'connection')
    const off = await keepConnection(tx, workspace, connection)
    tell(request, { detail: { wasOff: off } })
    return off
  })
  if (wasOff) await testConnection(parts, request)
  return showConnection(parts, request, connection)
}

function refuseUnlessManager(role: Role | undefined): void {
  if (role && isAllowed(role, 'connections.manage')) return
  throw new ApiProblem(
    'NOT_ALLOWED',
    `The role ${role ?? 'client'} may only enter secrets anew. Ask an owner or consultant for more.`,
  )
}

/** A connection that does not work is a finding, not an error of ours. */
async function tryConnection(
  parts: AppParts,
  workspace: string,
  connection: string,
  follow: (found: readonly Finding[]) => readonly Finding[],
) {
  try {
    const findings = await parts.connections.test(workspace, connection, AbortSignal.timeout(TEST_MS), follow)
    return findings.map((finding) => ({ ...finding }))
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    const { refused: _, ...finding } = failedFinding('Signing in', error)
    return [finding]
  }
}
