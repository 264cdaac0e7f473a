import { setTimeout as sleep } from 'node:timers/promises'
import { verifyChain } from '../../server/audit/verify.ts'
import { auditAfter, auditHeads } from '../../server/store/workspace/audit.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import type { Fleet } from '../support/fleet.ts'

// What an owner may do that others may not, tried all the while, and what the audit log says of it afterwards.

export type PrivilegedFindings = {
  /** Tries of each kind, and how many of them were answered well. */
  readonly invited: { readonly tried: number; readonly done: number }
  readonly revealed: { readonly tried: number; readonly done: number }
  /** Invitations that are there and values that were shown of which the log has no entry. */
  readonly unlogged: number
  /** Entries of invitations that are not there. */
  readonly untrue: number
  /** What is wrong with the chains, by their workspaces. */
  readonly broken: readonly string[]
}

export type Privileged = { end(): Promise<void>; compare(databaseUrl: string): Promise<PrivilegedFindings> }

/** Of tries, at most. */
const AT_ONCE = 10

/** The records of a run that has succeeded are shown, for a reason each time, and people are invited, in turn. */
export async function privileged(fleet: Fleet, everyMs: number): Promise<Privileged> {
  const run = await someRun(fleet)
  const tried = { invited: 0, revealed: 0 }
  const done = { invited: 0 }
  const shown: string[] = []
  let going = true
  const invite = async (n: number) => {
    tried.invited += 1
    await fleet.call('POST', '/invitations', { email: `guest-${n}@example.com`, role: 'client' })
    done.invited += 1
  }
  const reveal = async (n: number) => {
    tried.revealed += 1
    const reason = `look ${n}`
    const ask = { node: 'contact', batch: 0, kind: 'call', reason }
    const { records } = await fleet.call<{ records: unknown[] }>('POST', `/runs/${run}/payload/reveal`, ask)
    if (!JSON.stringify(records).includes('@example.com')) throw new Error('nothing was shown that is worth an entry')
    shown.push(reason)
  }
  const open = new Set<Promise<void>>()
  const goes = (async () => {
    for (let n = 0; going; n++) {
      if (open.size < AT_ONCE) {
        const one = (n % 2 === 0 ? invite(n) : reveal(n))
          // What is refused is refused: whether it happened all the same is asked afterwards.
          .catch((error: unknown) => {
            if (error instanceof Error && /nothing was shown|answered 4/.test(error.message)) throw error
          })
          .finally(() => open.delete(one))
        open.add(one)
        one.catch(() => undefined)
      }
      await sleep(everyMs)
    }
    await Promise.all(open)
  })()
  goes.catch(() => undefined)
  return {
    end: () => {
      going = false
      return goes
    },
    async compare(databaseUrl) {
      const { db, close } = openDatabase({ url: databaseUrl, max: 1 })
      try {
        const entries = await auditAfter(db, fleet.workspace, 0, 1_000_000)
        const { items } = await fleet.call<{ items: { id: string }[] }>('GET', '/invitations')
        const there = new Set(items.map(({ id }) => id))
        const said = entries
          .filter(({ action }) => action === 'invitation.create')
          .map(({ subject }) => subject.invitation)
        const reasons = new Set(
          entries.filter((one) => one.action === 'payload.reveal').map(({ detail }) => detail.reason),
        )
        const broken: string[] = []
        for (const head of await auditHeads(db)) {
          const chain = await auditAfter(db, head.workspace, 0, 1_000_000)
          const { fault, entries: length, hash } = await verifyChain(head.workspace, chain, [], undefined)
          if (fault) broken.push(`${head.workspace}: entry ${fault.sequence}, ${fault.what}`)
          else if (length !== head.sequence || hash !== head.hash)
            broken.push(`${head.workspace}: not as long as its head`)
        }
        return {
          invited: { tried: tried.invited, done: done.invited },
          revealed: { tried: tried.revealed, done: shown.length },
          unlogged:
            [...there].filter((id) => !said.includes(id)).length + shown.filter((one) => !reasons.has(one)).length,
          untrue: said.filter((id) => id === undefined || !there.has(id)).length,
          broken,
        }
      } finally {
        await close()
      }
    },
  }
}

async function someRun({ call }: Fleet): Promise<string> {
  for (;;) {
    const { items } = await call<{ items: { id: string }[] }>('GET', '/runs?state=succeeded&limit=1')
    if (items[0]) return items[0].id
    await sleep(50)
  }
}
