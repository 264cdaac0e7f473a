import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { loadConnection } from '../../server/store/connection/connection-state.ts'
import { type CallerProcess, type Outcomes, startCallerProcess } from '../support/caller-order.ts'
import type { Stage } from '../support/scene.ts'
import { signIn, unsigned } from '../support/xero-sign-in.ts'
import { openTokenDoor } from './token-door.ts'

export type TokenKillOptions = {
  readonly rounds: number
  readonly processes: number
  /** In each process, each with a login of its own. */
  readonly callers: number
  /** In so many rounds the claim of the dead runs out by itself; in the others it is aged, which saves nine seconds. */
  readonly fullClaims: number
}

export type TokenKillFindings = {
  readonly rounds: number
  /** Logins that met an expired token. */
  readonly expiries: number
  /** Rounds in which the tokens of the killed process were committed all the same: it died too late to count. */
  readonly kept: number
  /** What the calls of the survivors came to. */
  readonly answers: Outcomes
  /** What the token service answered: one answer lost with its process and one kept, each round. */
  readonly tokenAnswers: Outcomes
  /** Rounds after which the connection was not ready, or had no token that Xero takes. */
  readonly lost: number
}

/** How long anything here may take before the round counts as stuck. */
const STUCK_MS = 30_000

/**
 * All tokens expire at once. The process that renews them dies when Xero has answered and before the answer is
 * committed, held there by a lock on the connection's row; the others go on.
 */
export async function tokenKills(stage: Stage, options: TokenKillOptions): Promise<TokenKillFindings> {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace, xero } = scene
  const { owner, app } = stage.database
  const connection = await unsigned(scene)
  await signIn(scene, connection)
  const door = await openTokenDoor(xero.url)
  await sql`
    update connections set settings = settings || ${JSON.stringify({ identityUrl: door.url })}::jsonb where id = ${connection}
  `.execute(owner.db)
  const stored = async () => (await loadConnection(app.db, workspace.keys, workspace.id, connection))!

  let started = 0
  const running = new Map<string, CallerProcess>()
  async function startOne(): Promise<CallerProcess> {
    const name = `caller ${++started}`
    const caller = await startCallerProcess({
      ...{ name, onDemand: true, spans: {} },
      appUrl: stage.database.appUrl,
      secretKey: stage.database.secretKey.toString('hex'),
      egressAllow: [new URL(xero.url).host, new URL(door.url).host],
      calls: [
        {
          ...{ workspace: workspace.id, connection, callers: options.callers },
          url: `${xero.url}/api.xro/2.0/Organisation`,
        },
      ],
    })
    running.set(name, caller)
    return caller
  }

  /** Who stands before the commit of new tokens. */
  const storing = () =>
    until(async () => {
      const { rows } = await sql<{ name: string }>`
        select application_name as name from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query ~ 'update connections set tokens = '
      `.execute(owner.db)
      return rows[0]?.name
    })
  const gone = (name: string) =>
    until(async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity where datname = current_database() and application_name = ${name}
      `.execute(owner.db)
      return rows.length === 0 || undefined
    })

  const answers: { [outcome: string]: number } = {}
  const found = { expiries: 0, kept: 0, lost: 0 }

  async function round(full: boolean): Promise<void> {
    const { generation } = await stored()
    const lock = await owner.pool.connect()
    try {
      door.beforeNext(async () => {
        await lock.query('begin')
        await lock.query('select from connections where id = $1 for update', [connection])
      })
      xero.expireTokens()
      found.expiries += running.size * options.callers
      const calls = [...running].map(([name, caller]) => ({ name, ended: caller.call() }))
      const victim = await storing()
      await running.get(victim)!.kill()
      running.delete(victim)
      await lock.query('rollback')
      await gone(victim)
      if ((await stored()).generation !== generation) found.kept += 1
      if (!full) {
        await sql`update connections set token_claim_until = now() where id = ${connection}`.execute(owner.db)
      }
      for (const { name, ended } of calls) {
        const outcomes = await ended
        if (name !== victim) add(answers, outcomes ?? { 'process died': 1 })
      }
    } finally {
      // Ends the transaction too, if something threw in it.
      lock.release(true)
    }
    const row = await owner.db
      .selectFrom('connections')
      .select('state')
      .where('id', '=', connection)
      .executeTakeFirstOrThrow()
    const { tokens } = await stored()
    const token = tokens && xero.state.tokens.find(tokens.access)
    if (row.state !== 'ready' || !token || token.expires <= xero.state.clock.now()) found.lost += 1
  }

  try {
    await Promise.all(Array.from({ length: options.processes }, startOne))
    for (let done = 0; done < options.rounds; done++) {
      await round(done < options.fullClaims)
      if (done + 1 < options.rounds) await startOne()
    }
    return { ...found, rounds: options.rounds, answers, tokenAnswers: { ...door.answers } }
  } finally {
    await Promise.all([...running.values()].map((caller) => caller.kill()))
    await door.close()
  }
}

function add(sum: { [outcome: string]: number }, more: Outcomes): void {
  for (const [outcome, count] of Object.entries(more)) sum[outcome] = (sum[outcome] ?? 0) + count
}

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + STUCK_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error(`nothing came of it in ${STUCK_MS / 1000} s: ${ask.toString()}`)
    await sleep(5)
  }
}
