import type {
  DoubtfulCall,
  EffectMark,
  Journal,
  Ledger,
  LedgerRow,
  NewCall,
  NewEffect,
  NewException,
  SettledBatch,
  SourceStanding,
} from '../../server/run/journal/journal.ts'
import { KeyTaken, LeaseLost } from '../../server/run/journal/journal.ts'
import { type Actor, clock, type World } from './simulated-world.ts'

type Call = Omit<NewCall, 'state'> & {
  state: 'intended' | 'sent' | 'answered' | 'refused' | 'repeated' | 'unknown'
  readonly epoch: number
  sentAt: number
  repeatedAt: number | undefined
  generation: number | undefined
  probes: number
  message: string | undefined
}
type Effect = {
  readonly target: number
  readonly effect: NewEffect
  call: string
  position: number
  state: 'confirmed' | 'rejected' | 'unknown' | 'reversed' | undefined
}

/** What the database holds of one run, with the same rules as server/store/{journal,ledger,calls,doubts}.ts. */
export class Store {
  epoch = 0
  batches = 0
  readonly sources = new Map<string, SourceStanding>()
  readonly counts: { [name: string]: number } = {}
  /** Settled batches with the epoch that settled them, in order. */
  readonly settled: { readonly batch: number; readonly epoch: number }[] = []
  readonly exceptions: NewException[] = []
  readonly calls = new Map<string, Call>()
  readonly effects = new Map<string, Effect>()
  /** What went through the “changed only”. */
  readonly contents = new Map<string, Buffer>()
  readonly #targets = new Map<string, number>()
  readonly #confirmed = new Set<string>()
  readonly #folds = new Map<string, { seq: number; state: unknown }>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  claim(): number {
    this.epoch += 1
    return this.epoch
  }

  stateOf(effect: Effect): LedgerRow['state'] {
    if (effect.state) return effect.state
    const call = this.calls.get(effect.call)
    switch (call?.state) {
      case 'answered':
        return 'confirmed'
      case 'refused':
        return 'rejected'
      case 'intended':
      case 'sent':
        return call.state
      default:
        return 'unknown'
    }
  }

  /** One transaction: the worker may die, or lose the run, before it and after it, but never within. */
  async #transaction<T>(actor: Actor, name: string, fenced: boolean, work: () => T): Promise<T> {
    await this.#world.boundary(actor, `${name} …`)
    if (fenced && actor.epoch !== this.epoch) throw new LeaseLost('taken over')
    const result = work()
    await this.#world.boundary(actor, name)
    return result
  }

  journal(actor: Actor): Journal {
    const tx = <T>(name: string, work: () => T) => this.#transaction(actor, name, true, work)
    return {
      standing: () => tx('standing', () => ({ batch: this.batches, sources: new Map(this.sources) })),
      begin: () => tx('begin', () => undefined),
      cursor: () => tx('cursor', () => undefined),
      began: () => tx('began', () => ({ kind: 'trigger' as const })),
      feed: () => tx('feed', () => undefined),
      releaseCursors: () => tx('release', () => undefined),
      openKeys: async () => ({ hasNode: () => false, first: () => undefined }),
      settle: (batch) => tx('settle', () => this.#settle(actor, batch)),
      groups: (_node, keys) =>
        tx(
          'groups',
          () => new Map(keys.flatMap((key) => (this.#folds.has(key) ? [[key, this.#folds.get(key)!]] : []))),
        ),
      groupsAfter: (_node, seq, limit) =>
        tx('groups after', () =>
          [...this.#folds]
            .map(([group, one]) => ({ group, ...one }))
            .filter((one) => one.seq > seq)
            .sort((a, b) => a.seq - b.seq)
            .slice(0, limit),
        ),
      kept: () => tx('kept', () => new Map()),
      keptPairs: () => tx('kept pairs', () => []),
      memory: {
        running: () => tx('running', () => ({ states: new Map(), contributions: new Map() })),
        contributionsOf: () => tx('contributions', () => []),
        waiting: () => tx('waiting', () => 0),
        contents: (_node, keys) =>
          tx(
            'contents',
            () => new Map(keys.flatMap((key) => (this.contents.has(key) ? [[key, this.contents.get(key)!]] : []))),
          ),
      },
    }
  }

  #settle(actor: Actor, batch: SettledBatch): void {
    if (batch.batch !== this.batches) throw new LeaseLost(`batch ${batch.batch} is not the next one`)
    this.batches += 1
    this.settled.push({ batch: batch.batch, epoch: actor.epoch })
    const before = this.sources.get(batch.source.node)
    this.sources.set(batch.source.node, {
      cursor: batch.source.cursor ?? before?.cursor,
      done: batch.source.done,
    })
    for (const [name, count] of Object.entries(batch.counts)) this.counts[name] = (this.counts[name] ?? 0) + count
    this.exceptions.push(...batch.exceptions)
    for (const { call, state } of batch.answeredCalls) this.calls.get(call)!.state = state
    for (const one of batch.upserts) {
      this.effects.set(`${one.target} ${one.key} `, {
        target: one.target,
        effect: { document: one.key, part: '', kind: 's', hash: one.hash, position: one.position },
        ...{ call: one.call, position: one.position, state: 'confirmed' },
      })
    }
    for (const { connection, reference } of batch.confirmed) this.#confirmed.add(`${connection} ${reference.key}`)
    for (const { key, hash } of batch.memory.contents) this.contents.set(key, hash)
    for (const fold of batch.folds) {
      this.#folds.set(fold.group, { seq: this.#folds.get(fold.group)?.seq ?? fold.seq, state: fold.state })
    }
  }

  ledger(actor: Actor): Ledger {
    const tx = <T>(name: string, work: () => T) => this.#transaction(actor, name, true, work)
    const free = <T>(name: string, work: () => T) => this.#transaction(actor, name, false, work)
    return {
      target: async (_connection, operation) => {
        const known = this.#targets.get(operation) ?? this.#targets.size + 1
        this.#targets.set(operation, known)
        return known
      },
      recover: (afterLoss) => tx('recover', () => this.#recover(afterLoss)),
      find: (target, documents) =>
        free('find', () =>
          [...this.effects.values()]
            .filter((one) => one.target === target && documents.includes(one.effect.document))
            .map((one) => this.#row(one, actor)),
        ),
      values: (calls) => free('values', () => new Map(calls.map((id) => [id, this.calls.get(id)?.values ?? []]))),
      open: (calls, forget = []) =>
        tx('open', () => {
          for (const one of forget) {
            const place = `${one.target} ${one.document} ${one.part}`
            const effect = this.effects.get(place)
            if (effect && this.stateOf(effect) === 'rejected') this.effects.delete(place)
          }
          for (const { call, effects } of calls) {
            if (effects.some((one) => this.effects.has(`${call.target} ${one.document} ${one.part}`)))
              throw new KeyTaken('there already')
          }
          for (const one of calls) this.#insert(actor, one.call, one.effects)
        }),
      send: (id, generation) =>
        tx('send', () => {
          const call = this.calls.get(id)!
          if (call.state === 'intended' || call.state === 'sent')
            Object.assign(call, { state: 'sent', sentAt: clock.now, generation })
        }),
      repeat: (id, withinMs) =>
        tx('repeat', () => {
          const call = this.calls.get(id)!
          if (clock.now - call.sentAt >= withinMs) return undefined
          call.repeatedAt = clock.now
          return clock.now - call.sentAt
        }),
      replace: (id, message, by) =>
        tx('replace', () => {
          Object.assign(this.calls.get(id)!, { state: 'refused', message })
          for (const { call, effects } of by) {
            this.#insert(actor, call, [])
            for (const one of effects) {
              Object.assign(this.effects.get(`${call.target} ${one.document} ${one.part}`)!, {
                ...{ call: call.id, position: one.position },
              })
            }
          }
        }),
      doubts: (calls) => free('doubts', () => calls.flatMap((id) => this.#doubt(id))),
      doubtful: (target, limit) =>
        free('doubtful', () =>
          [...this.calls.values()]
            .filter((call) => call.target === target && call.state !== 'sent')
            .flatMap((call) => this.#doubt(call.id))
            .slice(0, limit),
        ),
      looking: (doubt) => tx('looking', () => this.#doubt(doubt.id).length > 0),
      found: (doubt, probed) =>
        tx('found', () => {
          const call = this.calls.get(doubt.id)!
          if (this.#doubt(doubt.id).length === 0) return
          call.probes += 1
          for (const [at, one] of doubt.effects.entries()) {
            const place = `${doubt.target} ${one.document} ${one.part}`
            const effect = this.effects.get(place)
            if (!effect || effect.call !== doubt.id) continue
            if (probed[at] === 'arrived') effect.state = 'confirmed'
            else if (probed[at] === 'absent') this.effects.delete(place)
          }
          const clear = probed.every((one) => one !== 'unclear')
          call.state = clear ? (probed.includes('arrived') ? 'answered' : 'refused') : 'unknown'
        }),
      unnamed: () =>
        free('unnamed', () =>
          [...this.calls.values()]
            .filter((call) => call.state !== 'sent' && call.state !== 'intended')
            .flatMap((call) => this.#doubt(call.id))
            .map((doubt) => ({
              ...doubt,
              effects: doubt.effects.filter((one) => !this.isNamed(doubt.target, one.document)),
            }))
            .filter((doubt) => doubt.effects.length > 0),
        ),
      except: (exceptions) =>
        tx('except', () => {
          this.exceptions.push(...exceptions.map((one) => one.exception))
        }),
      answer: (_target, id, state, message, marks) =>
        this.#transaction(actor, 'answer', state !== 'answered', () => {
          Object.assign(this.calls.get(id)!, { state, message })
          for (const mark of marks) this.#mark(_target, id, mark)
        }),
      // Nobody is erased in the simulation; the look is a transaction as any other.
      suppressed: () => free('suppressed', () => new Set<number>()),
      suppress: () => free('suppress', () => undefined),
      confirmed: (connection, references) =>
        free(
          'confirmed',
          () =>
            new Set(
              references.flatMap((one, index) => (this.#confirmed.has(`${connection} ${one.key}`) ? [index] : [])),
            ),
        ),
    }
  }

  isNamed(target: number, document: string): boolean {
    return this.exceptions.some(
      (one) => one.code === 'OUTCOME_UNKNOWN' && one.effect?.target === target && one.effect.document === document,
    )
  }

  #mark(target: number, call: string, mark: EffectMark): void {
    const effect = this.effects.get(`${target} ${mark.document} ${mark.part}`)
    if (effect && (effect.call === call || mark.state === 'reversed')) effect.state = mark.state
  }

  #insert(actor: Actor, call: NewCall, effects: readonly NewEffect[]): void {
    this.calls.set(call.id, {
      ...call,
      ...{ epoch: actor.epoch, probes: 0, message: undefined, sentAt: clock.now, generation: call.generation },
      repeatedAt: undefined,
    })
    for (const effect of effects) {
      this.effects.set(`${call.target} ${effect.document} ${effect.part}`, {
        ...{ target: call.target, effect, call: call.id, position: effect.position, state: undefined },
      })
    }
  }

  #recover(afterLoss: Parameters<Ledger['recover']>[0]): string[] {
    const ask: string[] = []
    for (const call of [...this.calls.values()]) {
      if (call.state === 'intended') {
        for (const [place, effect] of this.effects)
          if (effect.call === call.id && effect.state === undefined) this.effects.delete(place)
        this.calls.delete(call.id)
      } else if (call.state === 'sent') {
        const then = afterLoss(call.node)
        if (then === 'ask') ask.push(call.id)
        else call.state = then
      }
    }
    return ask
  }

  #row(one: Effect, actor: Actor): LedgerRow {
    const { document, part, kind, reverses, hash } = one.effect
    return {
      ...{ document, part, kind, reverses, hash, call: one.call, position: one.position, state: this.stateOf(one) },
      ours: this.calls.get(one.call)?.epoch === actor.epoch,
    }
  }

  #doubt(id: string): DoubtfulCall[] {
    const call = this.calls.get(id)
    if (!call) return []
    const effects = [...this.effects.values()].filter(
      (one) =>
        one.call === id &&
        (one.state === 'unknown' || (one.state === undefined && (call.state === 'unknown' || call.state === 'sent'))),
    )
    if (effects.length === 0) return []
    return [
      {
        ...{ id, node: call.node, batch: call.batch, target: call.target },
        quietMs: clock.now - (call.repeatedAt ?? call.sentAt),
        ...{ generation: call.generation, probes: call.probes, probedMsAgo: undefined, message: call.message },
        effects: effects.map((one) => ({
          ...{ document: one.effect.document, part: one.effect.part, kind: one.effect.kind },
          ...{ reverses: one.effect.reverses, position: one.position, value: call.values?.[one.position] ?? {} },
        })),
      },
    ]
  }
}
