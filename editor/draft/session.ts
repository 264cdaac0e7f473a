import type { Draft } from '../../server/contract/flows.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type Action, type Applied, NOTHING, type Selection } from './action.ts'
import { apply } from './apply.ts'
import type { Operations } from './connect.ts'
import { type History, NO_HISTORY, redo, remember, type Turned, undo } from './history.ts'
import type { Keep } from './keep.ts'
import { type Conflict, merge, sameDocument } from './merge.ts'
import { withPlaces } from './place.ts'

/** What came of sending a draft to the server. */
export type Answer =
  | { readonly is: 'saved'; readonly draft: Pick<Draft, 'revision' | 'at'> }
  /** Somebody saved another one since: what stands there now. */
  | { readonly is: 'overtaken'; readonly draft: Draft }
  | { readonly is: 'offline' }
  | { readonly is: 'signed-out' }
  | { readonly is: 'refused'; readonly why: string }

export type SaveState =
  | { readonly is: 'saved'; readonly at: number }
  | { readonly is: 'unsaved' }
  | { readonly is: 'saving' }
  /** `kept`: this browser has it, and will send it. */
  | { readonly is: 'offline'; readonly kept: boolean }
  | { readonly is: 'signed-out'; readonly kept: boolean }
  | { readonly is: 'refused'; readonly why: string; readonly kept: boolean }
  | { readonly is: 'conflict'; readonly conflicts: readonly Conflict[]; readonly by: string }

export type Snapshot = {
  readonly flow: Flow
  readonly selection: Selection
  readonly history: History
  readonly save: SaveState
  /** The revision of the server that the flow builds on. */
  readonly revision: number
  /** Something that happened without being asked for, in a sentence: work restored, changes of others brought in. */
  readonly notice: string | undefined
  readonly readOnly: boolean
  /** This browser keeps work on it that was never sent, and whoever opened it may only look. */
  readonly aside: boolean
}

export type SessionParts = {
  readonly draft: Draft
  readonly operations: Operations
  readonly save: (flow: Flow, revision: number) => Promise<Answer>
  readonly keep: Keep
  readonly readOnly?: boolean
  readonly now?: () => number
  readonly later?: (work: () => void, ms: number) => () => void
}

const QUIET_MS = 800
const LONGEST_RETRY_MS = 30_000

const byTimeout = (work: () => void, ms: number): (() => void) => {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

export type DraftSession = ReturnType<typeof createSession>

/**
 * One person's work on one draft in one tab: what it is now, the way back, and the way to the server. Whatever the
 * network does, nothing that was done is lost: it stands in `keep` until the server has it. Making one sends nothing
 * before `begin`: a page that is drawn may be thrown away and drawn anew before anybody has seen it, and what was
 * restored there must still be found by the next.
 */
export function createSession(parts: SessionParts) {
  const { operations, keep } = parts
  const now = parts.now ?? Date.now
  const later = parts.later ?? byTimeout
  const listeners = new Set<() => void>()
  let base = parts.draft.document
  let theirs: Draft | undefined
  let timer: (() => void) | undefined
  let sending: Promise<unknown> | undefined
  let failures = 0
  let closed = true
  let snapshot: Snapshot = {
    flow: withPlaces(parts.draft.document),
    selection: NOTHING,
    history: NO_HISTORY,
    save: { is: 'saved', at: Date.parse(parts.draft.at) },
    revision: parts.draft.revision,
    notice: undefined,
    readOnly: parts.readOnly ?? false,
    aside: false,
  }

  const set = (change: Partial<Snapshot>): void => {
    snapshot = { ...snapshot, ...change }
    for (const tell of listeners) tell()
  }

  const schedule = (ms: number): void => {
    timer?.()
    timer = closed ? undefined : later(() => void send(), ms)
  }

  const keepNow = (): boolean => keep.put({ document: snapshot.flow, base, revision: snapshot.revision, at: now() })

  const changed = (flow: Flow, more: Partial<Snapshot> = {}) => {
    const save: SaveState = snapshot.save.is === 'conflict' ? snapshot.save : { is: 'unsaved' }
    set({ flow, save, ...more })
    keepNow()
    if (save.is !== 'conflict') schedule(QUIET_MS)
  }

  const send = async (): Promise<unknown> => {
    if (sending) return sending
    // What was done before the pen was given away is still sent.
    if (snapshot.save.is === 'saved' || snapshot.save.is === 'conflict') return
    timer?.()
    timer = undefined
    const { flow, revision } = snapshot
    if (sameDocument(flow, base)) return settled(flow, revision)
    set({ save: { is: 'saving' } })
    sending = parts
      .save(flow, revision)
      .then((answer) => answered(answer, flow))
      .finally(() => {
        sending = undefined
      })
    return sending
  }

  const settled = (sent: Flow, revision: number) => {
    base = sent
    failures = 0
    if (snapshot.flow === sent) {
      keep.drop()
      set({ revision, save: { is: 'saved', at: now() } })
      return
    }
    set({ revision, save: { is: 'unsaved' } })
    keepNow()
    schedule(QUIET_MS)
  }

  const answered = (answer: Answer, sent: Flow): unknown => {
    switch (answer.is) {
      case 'saved':
        return settled(sent, answer.draft.revision)
      case 'overtaken':
        return combine(answer.draft)
      case 'offline': {
        failures++
        set({ save: { is: 'offline', kept: keepNow() } })
        return schedule(Math.min(LONGEST_RETRY_MS, 1000 * 2 ** failures))
      }
      case 'signed-out':
        return set({ save: { is: 'signed-out', kept: keepNow() } })
      case 'refused':
        return set({ save: { is: 'refused', why: answer.why, kept: keepNow() } })
    }
  }

  /** Puts what another has saved and what was done here together. */
  const combine = (draft: Draft, chosen: Parameters<typeof merge>[3] = {}) => {
    const { flow, conflicts } = merge(base, snapshot.flow, draft.document, chosen)
    const by = draft.by ?? 'Somebody'
    if (conflicts.length > 0) {
      theirs = draft
      keepNow()
      return set({ save: { is: 'conflict', conflicts, by } })
    }
    theirs = undefined
    const brought = !sameDocument(base, draft.document)
    base = draft.document
    set({
      flow,
      revision: draft.revision,
      save: { is: 'unsaved' },
      selection: existing(flow, snapshot.selection),
      ...(brought ? { notice: `${by} saved changes meanwhile. They are brought in; yours are safe.` } : {}),
    })
    keepNow()
    schedule(0)
  }

  const turn = (turned: Turned | undefined): string | undefined => {
    if (turned === undefined || snapshot.readOnly) return undefined
    changed(turned.flow, { history: turned.history, selection: existing(turned.flow, snapshot.selection) })
    return turned.label
  }

  /** Work that a crash or a closed tab had left behind. */
  const restore = () => {
    const kept = keep.left()
    if (kept === undefined) return
    const { flow, conflicts } = merge(kept.base, kept.document, snapshot.flow)
    if (sameDocument(flow, snapshot.flow)) return keep.drop()
    if (snapshot.readOnly) return set({ aside: true })
    if (conflicts.length > 0) {
      // Shows both sides as when two saved at once: the base is the one that the kept work was built on.
      base = kept.base
      theirs = { ...parts.draft, document: snapshot.flow }
      set({ flow: kept.document, save: { is: 'conflict', conflicts, by: parts.draft.by ?? 'Somebody' } })
      return
    }
    const entry = { label: 'restore unsent changes', before: snapshot.flow, after: flow, key: undefined, at: now() }
    set({
      flow,
      save: { is: 'unsaved' },
      history: remember(snapshot.history, entry),
      notice: 'Changes that had not been sent were restored from this browser.',
    })
  }

  restore()

  return {
    /** It is on the page: what was restored is sent. */
    begin: (): void => {
      closed = false
      if (snapshot.save.is === 'unsaved') schedule(0)
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    get: (): Snapshot => snapshot,
    do: (action: Action): Applied => {
      if (snapshot.readOnly) return { ok: false, why: 'You are looking at this flow; nothing can be changed here.' }
      const applied = apply(snapshot.flow, action, operations)
      if (!applied.ok || applied.flow === snapshot.flow) return applied
      const { label, key } = applied
      const entry = { label, before: snapshot.flow, after: applied.flow, key, at: now() }
      changed(applied.flow, {
        history: remember(snapshot.history, entry),
        ...(applied.select ? { selection: applied.select } : {}),
        notice: undefined,
      })
      return applied
    },
    undo: (): string | undefined => turn(undo(snapshot.flow, snapshot.history)),
    redo: (): string | undefined => turn(redo(snapshot.flow, snapshot.history)),
    select: (selection: Selection): void => set({ selection }),
    forgetNotice: (): void => set({ notice: undefined }),
    setReadOnly: (readOnly: boolean): void => {
      if (readOnly === snapshot.readOnly) return
      set({ readOnly })
      if (readOnly || !snapshot.aside) return
      // Taken up before anything that is done now is kept in its place.
      set({ aside: false })
      restore()
      if (snapshot.save.is === 'unsaved') schedule(0)
    },
    /** Sends what is unsent now. */
    flush: async (): Promise<void> => {
      await sending
      if (snapshot.save.is !== 'saved') await send()
    },
    /** The draft as another saved it: shown while only looking, brought in while editing. */
    arrived: (draft: Draft): void => {
      if (draft.revision <= snapshot.revision || sending) return
      if (snapshot.readOnly && snapshot.save.is === 'saved') {
        base = draft.document
        const flow = withPlaces(draft.document)
        set({ flow, revision: draft.revision, selection: existing(flow, snapshot.selection) })
        set({ save: { is: 'saved', at: Date.parse(draft.at) } })
      } else combine(draft)
    },
    /** Ends a conflict: for each place the side that stands. */
    resolve: (chosen: { readonly [place: string]: 'ours' | 'theirs' }): void => {
      if (theirs) combine(theirs, chosen)
    },
    unsent: (): boolean => snapshot.save.is !== 'saved',
    close: (): void => {
      closed = true
      timer?.()
    },
  }
}

function existing(flow: Flow, selection: Selection): Selection {
  const [nodes, edges] = [new Set(flow.nodes.map(({ id }) => id)), new Set(flow.edges.map(({ id }) => id))]
  const notes = new Set(flow.layout?.notes?.map(({ id }) => id))
  return {
    nodes: selection.nodes.intersection(nodes),
    edges: selection.edges.intersection(edges),
    notes: selection.notes.intersection(notes),
  }
}
