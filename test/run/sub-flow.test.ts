import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Flow, FlowPart } from '../../server/flow/document/flow.ts'
import { contactsFlow, CUSTOMER_ID, flowOf, mailFlow, node } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'

const stage = setStage()

/** The same flow with all that comes after its read in a flow of its own, which is called. */
function through(direct: Flow): Flow {
  const [send] = direct.nodes.filter(({ id }) => id === 'send')
  if (!send) throw new Error('the flow has no node “send”')
  const rest = direct.nodes.filter(({ id }) => !['start', 'contacts'].includes(id))
  const contract = {
    title: 'Tells Emarsys',
    fields: [{ path: 'ContactID', kind: 'text', required: true }],
    others: 'allow',
  }
  const last = rest.at(-1)?.id
  const inner = flowOf(
    [node('entry', 'entry', contract), ...rest.map((one) => ({ ...one, slot: 'mails' })), node('back', 'leave')],
    ['entry send', ...(last === 'mail' ? ['send mail'] : []), `${last} back`],
  )
  const part: FlowPart = {
    flow: 'inner',
    version: 3,
    name: 'Inner',
    slots: { mails: { connector: 'emarsys', title: 'Mails' } },
    nodes: inner.nodes.filter(({ id }) => id !== 'start'),
    edges: inner.edges,
  }
  return {
    ...flowOf(
      [
        ...direct.nodes.filter(({ id }) => id === 'contacts'),
        node('call', 'sub-flow', { flow: 'inner', version: 3, slots: [{ inner: 'mails', outer: 'emarsys' }] }),
        node('after', 'map', { expression: '{ "id": ContactID }' }),
      ],
      ['start contacts', 'contacts call', 'call after'],
    ),
    slots: direct.slots,
    parts: [part],
  }
}

test('what a called flow sends is the effect it would be without the call: it happens once', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 0, creditNotes: 0 })
  const direct = mailFlow(10)
  expect(await scene.workspace.run(await scene.workspace.flow(direct), direct)).toMatchObject({ state: 'succeeded' })
  const [effects, events] = [await scene.workspace.effects(), structuredClone(scene.emarsys.events)]
  expect(events).toHaveLength(5)

  const document = through(direct)
  const run = await scene.workspace.run(await scene.workspace.flow(document), document)
  expect(run).toMatchObject({ state: 'succeeded', counts: { read: 5, unchanged: 10 } })
  expect(scene.emarsys.events).toEqual(events)
  expect(await scene.workspace.effects()).toEqual(effects)

  const steps = await scene.workspace.steps(run.id)
  expect(steps.flatMap(countProblems)).toEqual([])
  expect(new Set(steps.map(({ node_id, operation }) => `${node_id} ${operation}`))).toEqual(
    new Set([
      'contacts xero.list-contacts',
      'call--entry validate',
      'call--send emarsys.upsert-contacts',
      'call--mail emarsys.trigger-event',
      'after map',
    ]),
  )
  const ids = scene.xero.state.books.contacts.ordered.map(({ id }) => ({ id }))
  expect(await scene.workspace.payload(run.id, 'after', 'out:out')).toEqual(expect.arrayContaining(ids))
})

test('a run that is killed within a called flow goes on after the last settled batch', {
  timeout: 180_000,
}, async () => {
  const scene = await stage.open({ contacts: 40, invoices: 0, creditNotes: 0, withoutWorker: true })
  // The fourth call arrives, and nobody hears its answer.
  scene.emarsys.addFaults([
    { match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'slow', delayMs: 60_000, skip: 3 },
  ])
  const document = through(contactsFlow(5))
  const run = await scene.workspace.queue(await scene.workspace.flow(document), document)
  const first = await stage.process(scene)
  while (scene.emarsys.faults().length > 0) await sleep(5)
  await first.kill()
  // Three batches have settled, and a call of the fourth was under way.
  expect(scene.emarsys.contacts.size).toBeGreaterThan(10)
  expect(scene.emarsys.contacts.size).toBeLessThan(20)
  await stage.process(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({
    state: 'succeeded',
    epoch: 2,
    counts: { read: 40, sent: 40 },
  })

  const steps = await scene.workspace.steps(run)
  expect(steps.flatMap(countProblems)).toEqual([])
  const sent = steps.filter(({ node_id }) => node_id === 'call--send')
  expect(sent.map(({ batch }) => batch).sort((a, b) => a - b)).toEqual(sent.map((_, index) => index))
  expect(sent.reduce((sum, { counts }) => sum + (counts.in ?? 0), 0)).toBe(40)
  for (const { id } of scene.xero.state.books.contacts.ordered) {
    expect(scene.emarsys.contacts.lookUp(CUSTOMER_ID, id)).toHaveLength(1)
  }
})
