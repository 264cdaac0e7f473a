import { PreviewAnswer, PreviewRequest } from '../../contract/drafts.ts'
import { FlowParams } from '../../contract/flows.ts'
import { formOf } from '../../flow/document/answers.ts'
import { sampleAnswer } from '../../flow/document/form.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import { whoAsks } from '../http/access.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

/** Of one person at the same time: whoever types makes many, and the evaluators belong to runs as well. */
const MOST_AT_ONCE = 2

export function previewRoutes(api: Api, parts: AppParts): void {
  const busy = new Map<string, number>()

  api.post(
    '/workspaces/:workspace/flows/:flow/preview',
    {
      schema: {
        summary: 'Evaluate an expression on one record as a run would, with the same limits',
        tags: ['drafts'],
        params: FlowParams,
        body: PreviewRequest,
        response: { 200: PreviewAnswer },
      },
      config: { permission: 'flows.edit', codes: ['RATE_LIMITED'] },
    },
    async (request) => {
      const { workspace, flow } = request.params
      const { expression, record } = request.body
      const { id } = whoAsks(request).person
      const now = busy.get(id) ?? 0
      if (now >= MOST_AT_ONCE)
        throw new ApiProblem('RATE_LIMITED', 'Two previews of yours are at work; wait for one of them.', {
          retryAfterSeconds: 1,
        })
      busy.set(id, now + 1)
      try {
        const given = await inTenant(parts, request, async (tx) => {
          const draft = readStored(found(await findDraft(tx, workspace, flow), 'flow').draft)
          const form = formOf(draft)
          if (form.length === 0) return undefined
          const answers = (await findAnswers(tx, workspace, flow))?.answers ?? {}
          return Object.fromEntries(form.map((field) => [field.name, answers[field.name] ?? sampleAnswer(field)]))
        })
        const preview = await parts.evaluator.preview({
          workspace,
          expression,
          record,
          now: Date.now(),
          seed: newId(),
          ...(given === undefined ? {} : { given }),
        })
        if (preview.ok) return preview.value === undefined ? { ok: true } : { ok: true, value: preview.value }
        const { code, message, position, hint } = preview.error
        return {
          ok: false,
          error: { code, message, ...(position === undefined ? {} : { position }), ...(hint ? { hint } : {}) },
        }
      } finally {
        const left = (busy.get(id) ?? 1) - 1
        if (left > 0) busy.set(id, left)
        else busy.delete(id)
      }
    },
  )
}
