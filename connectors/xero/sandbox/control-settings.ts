import { dayOf, isoDay, organisationDay } from './clock.ts'
import { ControlRefused } from './control-refused.ts'
import { accountOf } from './settings.ts'
import type { Wire } from './wire.ts'
import { fullContact } from './wire-contacts.ts'
import { noteWrite, type World } from './world.ts'

/** What people change in the organisation while an integration runs. */
export type SettingsControl = {
  /** Moves the lock dates, YYYY-MM-DD; null opens the books. What is absent stays. */
  lock(dates: { readonly period?: string | null; readonly year?: string | null }): Wire
  /** Archives an account by its code; `false` makes it active again. */
  archiveAccount(code: string, archived?: boolean): Wire
  /** Merges one contact into another: it is archived, keeps its documents, and names the other. */
  mergeContact(loser: string, winner: string): Wire
}

export function createSettingsControl(world: World): SettingsControl {
  const { books } = world
  const note = (action: string, resource: string, id: string, body: unknown): void =>
    noteWrite(world, { method: 'CONTROL', path: `/control/${action}`, resource, id, body })
  const dayIn = (text: string | null): number | null => {
    if (text === null) return null
    if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(dayOf(text))) {
      throw new ControlRefused(`“${text}” is no day such as 2026-10-31.`)
    }
    return dayOf(text)
  }
  const contactOf = (id: string) => {
    const contact = books.contacts.get(id.toLowerCase())
    if (!contact) throw new ControlRefused(`No contact ${id}.`)
    return contact
  }
  return {
    lock({ period, year }) {
      if (period !== undefined) books.lockDay = dayIn(period)
      if (year !== undefined) books.yearLockDay = dayIn(year)
      const text = (day: number | null) => (day === null ? null : isoDay(day))
      const locks = { period: text(books.lockDay), year: text(books.yearLockDay) }
      note('lock', 'Organisation', world.tenantId, locks)
      return locks
    },
    archiveAccount(code, archived = true) {
      const account = accountOf(code)
      if (!account) throw new ControlRefused(`No account ${code}.`)
      if (account.system) throw new ControlRefused(`The account ${code} is a system account.`)
      if (archived) books.archivedAccounts.add(code)
      else books.archivedAccounts.delete(code)
      note('accounts/archive', 'Accounts', code, { archived })
      return { Code: code, Status: archived ? 'ARCHIVED' : 'ACTIVE' }
    },
    mergeContact(loserId, winnerId) {
      const [loser, winner] = [contactOf(loserId), contactOf(winnerId)]
      if (loser === winner) throw new ControlRefused('A contact cannot be merged into itself.')
      if (winner.status === 'ARCHIVED') throw new ControlRefused('The other contact is archived.')
      loser.status = 'ARCHIVED'
      loser.mergedTo = winner
      books.activeNames.delete(loser.name.toLowerCase())
      books.contacts.touch(loser, world.clock.now())
      books.contacts.touch(winner, world.clock.now())
      note('contacts/merge', 'Contacts', loser.id, { into: winner.id })
      return fullContact(loser, organisationDay(world.clock.now()))
    },
  }
}
