import { describe, expect, test } from 'vitest'
import { type Keep, type Kept, keepIn } from '../../../editor/draft/keep.ts'
import { type Answer, createSession } from '../../../editor/draft/session.ts'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { catalog } from '../support/catalog.ts'
import { paidInvoices } from '../support/paid-invoices.ts'

const operations = new Map(catalog.operations.map((operation) => [operation.id, operation]))
const placed: Flow = {
  ...paidInvoices,
  layout: { nodes: Object.fromEntries(paidInvoices.nodes.map(({ id }, place) => [id, { x: place * 340, y: 0 }])) },
}

/** A session on the page, with a clock that is turned by hand, and a server that answers what the test says. */
function open(answers: ((flow: Flow, revision: number) => Answer)[], keep?: Keep) {
  const made = make(answers, keep)
  made.session.begin()
  return made
}

/** One that was made, and that nobody has seen yet. */
function make(answers: ((flow: Flow, revision: number) => Answer)[], keep?: Keep) {
  const kept: { now: Kept | undefined } = { now: undefined }
  const timers: { work: () => void; ms: number }[] = []
  const sent: Flow[] = []
  const session = createSession({
    draft: { document: placed, revision: 1, at: '2026-01-01T00:00:00Z', by: 'Ana' },
    operations,
    save: async (flow, revision) => {
      sent.push(flow)
      const answer = answers.shift()
      if (answer === undefined) throw new Error('The test expects no more saves.')
      return answer(flow, revision)
    },
    keep: keep ?? {
      put: (next) => {
        kept.now = next
        return true
      },
      drop: () => {
        kept.now = undefined
      },
      left: () => undefined,
    },
    now: () => 1_000_000,
    later: (work, ms) => {
      const timer = { work, ms }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
  })
  return {
    session,
    kept,
    sent,
    timers,
    tick: async () => {
      for (const { work } of timers.splice(0)) work()
      await new Promise((done) => setImmediate(done))
    },
  }
}

const saved = (_flow: Flow, revision: number): Answer => ({
  is: 'saved',
  draft: { revision: revision + 1, at: '2026-01-01T00:00:01Z' },
})
const rename = (name: string, node = 'paid') => ({ do: 'rename' as const, node, name })

describe('a draft', () => {
  test('is kept at once, sent a moment later, and dropped from this browser when the server has it', async () => {
    const { session, kept, sent, tick } = open([saved])
    session.do(rename('A'))
    expect(session.get().save.is).toBe('unsaved')
    expect(kept.now?.document.nodes[2]?.name).toBe('A')
    await tick()
    expect(sent.map((flow) => flow.nodes[2]?.name)).toEqual(['A'])
    expect(session.get()).toMatchObject({ save: { is: 'saved' }, revision: 2 })
    expect(kept.now).toBeUndefined()
  })

  test('that goes back to what the server has is not sent', async () => {
    const { session, sent, tick } = open([])
    session.do(rename('A'))
    session.undo()
    await tick()
    expect(sent).toEqual([])
    expect(session.get().save.is).toBe('saved')
  })

  test('while the server is away says so, keeps the work, and sends it when it is back', async () => {
    const { session, kept, timers, tick } = open([() => ({ is: 'offline' }), () => ({ is: 'offline' }), saved])
    session.do(rename('A'))
    await tick()
    expect(session.get().save).toEqual({ is: 'offline', kept: true })
    expect(kept.now?.document.nodes[2]?.name).toBe('A')
    expect(timers.map(({ ms }) => ms)).toEqual([2000])
    await tick()
    expect(timers.map(({ ms }) => ms)).toEqual([4000])
    await tick()
    expect(session.get().save.is).toBe('saved')
  })

  test('that another has saved too is combined, and both are there', async () => {
    const theirs = {
      ...placed,
      nodes: placed.nodes.map((node) => (node.id === 'rows' ? { ...node, name: 'T' } : node)),
    }
    const { session, sent, tick } = open([
      () => ({ is: 'overtaken', draft: { document: theirs, revision: 7, at: '2026-01-01T00:00:02Z', by: 'Ben' } }),
      saved,
    ])
    session.do(rename('A'))
    await tick()
    expect(session.get().notice).toMatch(/Ben saved changes/)
    await tick()
    expect(sent[1]?.nodes.map(({ name }) => name)).toEqual(
      placed.nodes.map(({ id, name }) => (id === 'rows' ? 'T' : id === 'paid' ? 'A' : name)),
    )
    expect(session.get()).toMatchObject({ save: { is: 'saved' }, revision: 8 })
  })

  test('that another has changed in the same place waits for a person, and sends nothing until then', async () => {
    const theirs = {
      ...placed,
      nodes: placed.nodes.map((node) => (node.id === 'paid' ? { ...node, name: 'T' } : node)),
    }
    const { session, sent, tick } = open([
      () => ({ is: 'overtaken', draft: { document: theirs, revision: 7, at: '2026-01-01T00:00:02Z', by: 'Ben' } }),
      saved,
    ])
    session.do(rename('A'))
    await tick()
    expect(session.get().save).toMatchObject({ is: 'conflict', by: 'Ben', conflicts: [{ ours: 'A', theirs: 'T' }] })
    session.do(rename('R', 'rows'))
    await tick()
    expect(sent).toHaveLength(1)
    session.resolve({ 'nodes/paid/name': 'theirs' })
    await tick()
    expect(sent[1]?.nodes.map(({ name }) => name)).toContain('T')
    expect(sent[1]?.nodes.map(({ name }) => name)).toContain('R')
  })

  test('of a session that has ended stays in this browser', async () => {
    const { session, kept, tick } = open([() => ({ is: 'signed-out' })])
    session.do(rename('A'))
    await tick()
    expect(session.get().save).toEqual({ is: 'signed-out', kept: true })
    expect(kept.now?.document.nodes[2]?.name).toBe('A')
  })

  test('of somebody who may not edit any more stays in this browser, and is sent once they may again', async () => {
    const { session, kept, sent, tick } = open([() => ({ is: 'refused', why: 'Your role does not.' }), saved])
    session.do(rename('A'))
    await tick()
    expect(session.get().save).toEqual({ is: 'refused', why: 'Your role does not.', kept: true })
    session.setReadOnly(true)
    expect(session.do(rename('B')).ok).toBe(false)
    expect(kept.now?.document.nodes[2]?.name).toBe('A')
    session.setReadOnly(false)
    await session.flush()
    expect(sent[1]?.nodes[2]?.name).toBe('A')
    expect(session.get().save.is).toBe('saved')
  })
})

describe('what a crash left behind', () => {
  const storage = () => {
    const map = new Map<string, string>()
    return {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key),
      key: (place: number) => [...map.keys()][place] ?? null,
      get length() {
        return map.size
      },
    }
  }

  test('is found by the same tab at once and by another when the first is silent, and restored as a step of undo', async () => {
    const store = storage()
    const first = open(
      [],
      keepIn(
        () => store,
        { person: 'ana', flow: 'flow', tab: 'one' },
        () => 1_000_000,
      ),
    )
    first.session.do(rename('Unsent'))
    expect(
      keepIn(
        () => store,
        { person: 'ana', flow: 'flow', tab: 'two' },
        () => 1_001_000,
      ).left(),
    ).toBeUndefined()
    expect(
      keepIn(
        () => store,
        { person: 'ana', flow: 'other', tab: 'one' },
        () => 1_001_000,
      ).left(),
    ).toBeUndefined()
    // Nor by another person, in the same tab or long afterwards.
    for (const tab of ['one', 'two']) {
      const theirs = keepIn(
        () => store,
        { person: 'ben', flow: 'flow', tab },
        () => 1_060_000,
      )
      expect(theirs.left()).toBeUndefined()
    }

    const again = open(
      [saved],
      keepIn(
        () => store,
        { person: 'ana', flow: 'flow', tab: 'two' },
        () => 1_060_000,
      ),
    )
    expect(again.session.get().flow.nodes[2]?.name).toBe('Unsent')
    expect(again.session.get().notice).toMatch(/restored/)
    await again.tick()
    expect(again.session.get().save.is).toBe('saved')
    expect(store.length).toBe(0)
    expect(again.session.undo()).toBe('restore unsent changes')
    expect(again.session.get().flow.nodes[2]?.name).toBe('Only paid ones')
  })

  test('one that is made and thrown away before it is on the page sends nothing: the next restores the same', async () => {
    const store = storage()
    const at = (now: number) =>
      keepIn(
        () => store,
        { person: 'ana', flow: 'flow', tab: 'one' },
        () => now,
      )
    open([], at(1_000_000)).session.do(rename('Unsent'))
    const lost = make([], at(1_001_000))
    await lost.tick()
    expect(lost.sent).toEqual([])

    const seen = open([saved], at(1_002_000))
    expect(seen.session.get().notice).toMatch(/restored/)
    await seen.tick()
    expect(seen.sent.map(({ nodes }) => nodes[2]?.name)).toEqual(['Unsent'])
    expect(store.length).toBe(0)
  })

  test('a browser without room says that it keeps nothing', async () => {
    const full = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    const { session, tick } = open(
      [() => ({ is: 'offline' })],
      keepIn(full, { person: 'ana', flow: 'flow', tab: 'one' }),
    )
    session.do(rename('A'))
    await tick()
    expect(session.get().save).toEqual({ is: 'offline', kept: false })
  })
})
