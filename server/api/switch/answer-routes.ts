import type { Transaction } from 'kysely'
import { AnswersHistory, AnswersRequest, AnswersView } from '../../contract/answers.ts'
import { FlowParams } from '../../contract/flows.ts'
import { answered, formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { type Answers, checkAnswers, type Form, formSchema, settledAnswers } from '../../flow/document/form.ts'
import { findAnswers, insertAnswers, listAnswers } from '../../store/flow/answers.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import type { Database, Role } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { whoAsks } from '../http/access.ts'
import { shown } from '../draft/draft-routes.ts'
import { readStored } from '../flow/flow-documents.ts'
import { setHooks } from '../hook/hook-triggers.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { setClocks } from './switch-routes.ts'

type Tx = Transaction<Database>

/** Revisions shown at most. */
const SHOWN = 100

/** Forms of a flow. `all`: of the live version, and what the draft asks beside it, so that it can be answered before. */
type Forms = { readonly running: Flow; readonly now: Form; readonly all: Form }

async function formsOf(tx: Tx, workspace: string, flow: string): Promise<Forms> {
  const row = found(await findDraft(tx, workspace, flow), 'flow')
  const live = row.live_version === null ? undefined : await findVersion(tx, workspace, flow, row.live_version)
  const draft = readStored(row.draft)
  const running = live ? readStored(live.document) : draft
  const now = formOf(running)
  const names = new Set(now.map(({ name }) => name))
  return { running, now, all: [...now, ...formOf(draft).filter(({ name }) => !names.has(name))] }
}

function mayChange(form: Form, role: Role | undefined): string[] {
  if (role === undefined || !isAllowed(role, 'answers.edit')) return []
  return form.filter((field) => role !== 'client' || field.client === true).map(({ name }) => name)
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Clients change what is theirs and leave the rest as it is. */
function refuseForeign(form: Form, before: Answers, after: Answers, role: Role | undefined): void {
  const own = new Set(mayChange(form, role))
  for (const field of form) {
    if (own.has(field.name) || same(before[field.name] ?? field.default, after[field.name] ?? field.default)) continue
    throw new ApiProblem(
      'NOT_ALLOWED',
      `“${field.title}” is for a consultant to change. Ask for it, or leave it as it is.`,
    )
  }
}

/** Keeps answers as a new revision, and sets the clocks of a flow that is on anew: its times may be among them. */
export async function keepAnswers(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  flow: string,
  given: { answers: Answers; revision: number; role: Role | undefined; author: { id: string; name: string } },
): Promise<void> {
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  const { running, now, all: form } = await formsOf(tx, workspace, flow)
  const problems = checkAnswers(form, given.answers, true)
  if (problems[0]) throw new ApiProblem('ANSWERS_REFUSED', problems[0].message, { problems })
  const before = await findAnswers(tx, workspace, flow)
  refuseForeign(form, before?.answers ?? {}, given.answers, given.role)
  const kept = await insertAnswers(tx, {
    workspace,
    flow,
    after: given.revision,
    answers: given.answers,
    author: given.author,
  })
  if (!kept) {
    const who = before ? `${before.author} answered` : 'Somebody answered'
    throw new ApiProblem('OVERTAKEN', `${who} since (revision ${before?.revision ?? 0}). Look at it, then save again.`)
  }
  const ready = answered(running, settledAnswers(now, given.answers))
  await setHooks(parts, tx, workspace, flow, ready)
  if (state.enabled) await setClocks(tx, workspace, flow, ready)
}

async function viewAnswers(tx: Tx, workspace: string, flow: string, role: Role | undefined): Promise<AnswersView> {
  const { now, all: form } = await formsOf(tx, workspace, flow)
  const row = await findAnswers(tx, workspace, flow)
  const answers = row?.answers ?? {}
  return {
    form: [...form],
    schema: formSchema(form),
    revision: row?.revision ?? 0,
    answers,
    mayChange: mayChange(form, role),
    problems: shown(checkAnswers(now, settledAnswers(now, answers))),
    author: row?.author ?? null,
    at: row?.at.toISOString() ?? null,
  }
}

export function answerRoutes(api: Api, parts: AppParts): void {
  const tags = ['answers']

  api.get(
    '/workspaces/:workspace/flows/:flow/answers',
    {
      schema: {
        summary: 'Show a flow’s form and its answers',
        tags,
        params: FlowParams,
        response: { 200: AnswersView },
      },
      config: { permission: 'flows.read' },
    },
    async (request) =>
      inTenant(parts, request, (tx, workspace) => viewAnswers(tx, workspace, request.params.flow, request.role)),
  )

  api.put(
    '/workspaces/:workspace/flows/:flow/answers',
    {
      schema: {
        summary: 'Answer a flow’s form; the next run goes by it',
        tags,
        params: FlowParams,
        body: AnswersRequest,
        response: { 200: AnswersView },
      },
      config: { permission: 'answers.edit', codes: ['ANSWERS_REFUSED', 'OVERTAKEN'] },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        await keepAnswers(parts, tx, workspace, flow, {
          ...request.body,
          role: request.role,
          author: whoAsks(request).person,
        })
        return viewAnswers(tx, workspace, flow, request.role)
      })
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/answers/history',
    {
      schema: {
        summary: 'Who answered what, newest first',
        tags,
        params: FlowParams,
        response: { 200: AnswersHistory },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const titles = new Map((await formsOf(tx, workspace, flow)).all.map(({ name, title }) => [name, title]))
        const rows = await listAnswers(tx, workspace, flow, SHOWN + 1)
        const items = rows.slice(0, SHOWN).map(({ revision, author, at, answers }, index) => {
          const before: Answers = rows[index + 1]?.answers ?? {}
          const names = [...new Set([...Object.keys(before), ...Object.keys(answers)])].sort()
          const changes = names
            .filter((name) => !same(before[name], answers[name]))
            .map((name) => ({
              name,
              title: titles.get(name) ?? name,
              ...(Object.hasOwn(before, name) ? { before: before[name] } : {}),
              ...(Object.hasOwn(answers, name) ? { after: answers[name] } : {}),
            }))
          return { revision, author, at: at.toISOString(), changes }
        })
        return { items }
      })
    },
  )
}
