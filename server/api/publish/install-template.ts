import type { InstallRequest } from '../../contract/templates.ts'
import { formOf } from '../../flow/document/answers.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { checkAnswers, settledAnswers } from '../../flow/document/form.ts'
import type { Template } from '../../flow/document/template.ts'
import { flowHash } from '../../flow/document/version.ts'
import { insertAnswers } from '../../store/flow/answers.ts'
import { approvalRule, forgetAuthors, insertApproval } from '../../store/flow/approvals.ts'
import { type BindingRow, bindSlot, listBindings } from '../../store/connection/bindings.ts'
import { findConnection } from '../../store/connection/connection-records.ts'
import { setTaken } from '../../store/flow/flow-templates.ts'
import { insertFlow, setLiveVersion } from '../../store/flow/flows.ts'
import { newId } from '../../store/database/ids.ts'
import { insertVersion } from '../../store/flow/versions.ts'
import { tell } from '../http/audit.ts'
import { problemsOf, splitLayout } from '../flow/flow-documents.ts'
import { setHooks } from '../hook/hook-triggers.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { withAnswers } from '../flow/with-answers.ts'

/** The flow, and the request that a second person decides before it has a version; null: it has one. */
export type Installed = { readonly flow: string; readonly approval: string | null }

type Request = { readonly params: { readonly workspace: string } }

/** Of another flow, what its version is called, and whoever drew it: none of them approves it at a client. */
type FromFlow = { readonly name: string; readonly drew: readonly string[] }

/**
 * A flow made of a template, or of another flow: its slots bound, its form answered, its first version published, all or
 * nothing. Where a second person approves what goes live, that version is asked for and the flow has none until then.
 */
export async function installTemplate(
  parts: AppParts,
  request: Request,
  template: Pick<Template, 'id' | 'version' | 'title' | 'flow'>,
  { name, bindings, answers = {} }: InstallRequest,
  author: { readonly id: string; readonly name: string },
  from?: FromFlow,
): Promise<Installed> {
  const document: Flow = { ...template.flow, name: name ?? template.flow.name }
  const form = formOf(document)
  const wrong = checkAnswers(form, answers, true)
  if (wrong[0]) throw new ApiProblem('ANSWERS_REFUSED', wrong[0].message, { problems: wrong })
  const missing = checkAnswers(form, settledAnswers(form, answers))
  if (missing[0]) throw new ApiProblem('ANSWERS_MISSING', missing[0].message, { problems: missing })
  await checkBindings(parts, request, document, bindings)

  const flow = newId()
  const hash = await flowHash(document)
  return inTenant(parts, request, async (tx, workspace) => {
    const asked = (await approvalRule(tx, workspace)).on
    tell(request, { subject: { flow } })
    const draft = JSON.stringify(document)
    await insertFlow(tx, { workspace, id: flow, name: document.name, draft, by: author.id })
    for (const [slot, connection] of Object.entries(bindings)) await bindSlot(tx, workspace, flow, slot, connection)
    if (Object.keys(answers).length > 0) await insertAnswers(tx, { workspace, flow, after: 0, answers, author })
    const summary = `Installed: ${template.title}, version ${template.version}.`
    // What the consultant may have changed since is found by comparing with this.
    await setTaken(tx, {
      ...{ workspace, flow, template: template.id },
      // A version of a flow is there when it lands, as with any push.
      version: asked && from ? 0 : template.version,
      document: JSON.stringify(template.flow),
      ...(from ? { name: from.name } : {}),
    })
    if (asked) {
      await refuseErrors(parts, document, answers, await listBindings(tx, workspace, flow))
      const { id: source, version, flow: base } = template
      const approval = newId()
      await insertApproval(tx, {
        ...{ workspace, id: approval, kind: 'publish', flow, ...splitLayout(document), hash, summary, by: author },
        bindings: JSON.stringify(bindings),
        authors: from?.drew ?? [],
        ...(from ? { push: { kind: 'push', source, name: from.name, version, base, live: null, taken: 0 } } : {}),
      })
      tell(request, { subject: { flow, approval }, detail: { asked: true, hash } })
      return { flow, approval }
    }
    const row = await insertVersion(tx, { workspace, flow, ...splitLayout(document), hash, author, summary })
    await setLiveVersion(tx, workspace, flow, row.number)
    await forgetAuthors(tx, workspace, flow)
    await setHooks(parts, tx, workspace, flow, await withAnswers(tx, workspace, flow, document))
    await refuseErrors(parts, document, answers, await listBindings(tx, workspace, flow))
    return { flow, approval: null }
  })
}

async function checkBindings(
  parts: AppParts,
  request: Request,
  document: Flow,
  bindings: InstallRequest['bindings'],
): Promise<void> {
  await inTenant(parts, request, async (tx, workspace) => {
    for (const [slot, { connector, title }] of Object.entries(document.slots)) {
      const bound = bindings[slot]
      if (bound === undefined) throw new ApiProblem('BINDING_INVALID', `Choose a connection for “${title}”.`)
      const connection = found(await findConnection(tx, workspace, bound), 'connection')
      if (connection.connector === connector) continue
      throw new ApiProblem(
        'BINDING_INVALID',
        `“${title}” is for ${connector}, and the connection is of ${connection.connector}.`,
      )
    }
    const unknown = Object.keys(bindings).find((slot) => !Object.hasOwn(document.slots, slot))
    if (unknown !== undefined) throw new ApiProblem('BINDING_INVALID', `This template has no slot “${unknown}”.`)
  })
}

async function refuseErrors(
  parts: AppParts,
  document: Flow,
  answers: { readonly [name: string]: unknown },
  bound: readonly BindingRow[],
): Promise<void> {
  const settled = settledAnswers(formOf(document), answers)
  const problems = await problemsOf(parts, document, bound, settled)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors[0]) throw new ApiProblem('FLOW_HAS_ERRORS', errors[0].message, { problems })
}
