import type { Connector, DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import {
  EffectParams,
  RevealEffectRequest,
  SettleAnswer,
  SettleRequest,
  UnknownDetail,
  UnknownList,
  UnknownListQuery,
  type UnknownView,
} from '../../contract/effects.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { openContent } from '../../store/effect/ledger-content.ts'
import { retryExceptions } from '../../store/exception/retries.ts'
import type { Role } from '../../store/database/schema.ts'
import {
  EffectsUnderWay,
  findUnknown,
  listUnknowns,
  settleUnknowns,
  type UnknownRow,
} from '../../store/effect/unknown-effects.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { masked, maskedKey, maskedWords } from '../view/mask.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

const PAGE = 50

export function effectRoutes(api: Api, parts: AppParts): void {
  const tags = ['effects']
  const view = viewWith(parts.connectors)
  const sentValue = (workspace: string, row: UnknownRow): DataRecord | undefined =>
    openContent(parts.keys, workspace, row.call_id, row.content)[row.position]

  api.get(
    '/workspaces/:workspace/unknown-effects',
    {
      schema: {
        summary: 'List effects of which nobody can tell whether they arrived, newest first, without what was sent',
        tags,
        params: WorkspaceParams,
        querystring: UnknownListQuery,
        response: { 200: UnknownList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { limit = PAGE, cursor, ...filter } = request.query
      const rows = await inTenant(parts, request, (tx, workspace) =>
        listUnknowns(tx, workspace, {
          ...filter,
          after: cursor === undefined ? undefined : placeOf(cursor),
          limit: limit + 1,
        }),
      )
      // A page may hold many effects of one call: each is opened once.
      const opened = new Map<string, readonly DataRecord[]>()
      return pageOf(
        rows,
        limit,
        (row) => {
          const { call_id: call, content, position } = row
          const values = opened.get(call) ?? openContent(parts.keys, request.params.workspace, call, content)
          opened.set(call, values)
          return listed(view(row, values[position]), request.role)
        },
        ({ call_id, position }) => `${call_id}.${position}`,
      )
    },
  )

  api.get(
    '/workspaces/:workspace/unknown-effects/:call/:position',
    {
      schema: {
        summary: 'Open an effect in doubt with what was sent, the values hidden',
        tags,
        params: EffectParams,
        response: { 200: UnknownDetail },
      },
      config: { permission: 'payloads.read' },
    },
    async (request) => {
      const { workspace, call, position } = request.params
      const row = await inTenant(parts, request, (tx) => findUnknown(tx, workspace, call, position))
      const asked = found(row, 'effect in doubt')
      const value = sentValue(workspace, asked) ?? {}
      // The shape of a record is a record.
      return { ...listed(view(asked, value), request.role), value: masked(value) as typeof value, masked: true }
    },
  )

  api.post(
    '/workspaces/:workspace/unknown-effects/:call/:position/reveal',
    {
      schema: {
        summary: 'The same with the values of what was sent, for a reason that the audit log keeps',
        tags,
        params: EffectParams,
        body: RevealEffectRequest,
        response: { 200: UnknownDetail },
      },
      config: { permission: 'payloads.reveal', whileClosing: true },
    },
    async (request) => {
      const { workspace, call, position } = request.params
      const row = await notedLook(parts, request, async (tx) =>
        found(await findUnknown(tx, workspace, call, position), 'effect in doubt'),
      )
      const value = sentValue(workspace, row)
      return { ...view(row, value), value: value ?? {}, masked: false }
    },
  )

  api.post(
    '/workspaces/:workspace/unknown-effects/settle',
    {
      schema: {
        summary: 'Say of effects in doubt whether they arrived. What did not can be sent again',
        tags,
        params: WorkspaceParams,
        body: SettleRequest,
        response: { 200: SettleAnswer },
      },
      config: { permission: 'effects.settle' },
    },
    async (request) => {
      const { effects, verdict, reason, retry = true } = request.body
      const by = whoAsks(request).person.id
      const answer = await inTenant(parts, request, async (tx, workspace) => {
        const { retryable, ...settled } = await settleUnknowns(tx, { workspace, effects, verdict, reason, by }).catch(
          sayUnderWay,
        )
        // Of somebody who came second the log must not say that it was so.
        tell(request, { detail: { settled: settled.settled, already: settled.already } })
        if (!retry || retryable.length === 0) return { ...settled, run: null }
        const { runs } = await retryExceptions(tx, { workspace, by, select: { ids: retryable }, cleared: true })
        return { ...settled, run: runs[0]?.run ?? null }
      })
      return answer
    },
  )
}

/** How soon somebody may ask again whether what is looked for was found, in seconds. */
const LOOK_SECONDS = 10

function sayUnderWay(error: unknown): never {
  if (!(error instanceof EffectsUnderWay)) throw error
  const { effects, answersDueMs } = error
  const retryAfterSeconds = answersDueMs === undefined ? LOOK_SECONDS : Math.ceil(answersDueMs / 1000)
  const which = effects === 1 ? 'One of them' : `${effects} of them`
  const why =
    answersDueMs === undefined
      ? `${which} ${effects === 1 ? 'is' : 'are'} being looked for in the other system at this moment. See what comes of it`
      : `${which} went out so lately that the answer may still come. Look again`
  throw new ApiProblem('EFFECT_UNDER_WAY', `${why}, and say it in ${retryAfterSeconds} seconds. Nothing was settled.`, {
    retryAfterSeconds,
  })
}

/** As somebody sees it who has not said why: words without what names people, the key as their role may. */
const listed = (shown: UnknownView, role: Role | undefined): UnknownView => ({
  ...shown,
  key: maskedKey(shown.key, role),
  name: shown.name === null ? null : maskedKey(shown.name, role),
  message: shown.message === null ? null : maskedWords(shown.message),
})

const placeOf = (cursor: string) => {
  const [call = '', position = ''] = cursor.split('.')
  return { call, position: Number(position) }
}

/** Settings of a step are not kept with what it sent; what a document is called stands in its rows. */
const NO_SETTINGS = {} as never

function viewWith(connectors: readonly Connector[]) {
  const writes = new Map(
    connectors.flatMap(({ name, operations }) =>
      operations.flatMap((one): [string, WriteOperation][] =>
        one.kind === 'write' ? [[`${name}.${one.name}`, one]] : [],
      ),
    ),
  )
  return (row: UnknownRow, value: DataRecord | undefined): UnknownView => {
    const write = writes.get(row.operation)
    return {
      call: row.call_id,
      position: row.position,
      operation: row.operation,
      connection: { id: row.connection_id, name: row.connection_name },
      flow: { id: row.flow_id, name: row.flow_name },
      run: row.run_id,
      node: row.node_id,
      key: row.document,
      name: (value && write?.difference?.name?.(NO_SETTINGS, value)) || null,
      part: row.part,
      ...stakeOf(row, write?.difference?.amount, value),
      message: row.message,
      sentAt: row.sent_at?.toISOString() ?? null,
      canProbe: write?.probe !== undefined,
      probedAt: row.probed_at?.toISOString() ?? null,
    }
  }
}

/** Of a row of a document its own part, else what its exception, which knows the record, says of it. */
function stakeOf(
  row: UnknownRow,
  amountOf: NonNullable<WriteOperation['difference']>['amount'],
  value: DataRecord | undefined,
): { amount: string | null; currency: string | null } {
  const part = value && amountOf?.(NO_SETTINGS, value)
  // A reversal that hangs is as much at stake as a sale.
  if (part) return { amount: part.amount.replace(/^-/, ''), currency: part.currency || row.currency }
  return { amount: row.amount?.replace(/^-/, '') ?? null, currency: row.currency }
}
