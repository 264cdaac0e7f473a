import type { ContactStore } from './contacts.ts'
import { randomFrom } from './random.ts'

const FIRST = ['Ada', 'Ben', 'Chloe', 'Dev', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Kira', 'Liam']
const LAST = ['Moss', 'Okafor', 'Lindqvist', 'Haas', 'Tremblay', 'Novak', 'Byrne', 'Sato', 'Weber', 'Costa', 'Reid']
const COUNTRIES = ['9', '10', '65', '81', '124', '125', '184', '185']

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T // never empty

/** People who were in the account before anybody synchronised anything: no Xero id, opt-in of all three kinds. */
export const seedContacts = (contacts: ContactStore, count: number, seed: number): void => {
  const random = randomFrom(seed + 1)
  for (let i = 0; i < count; i++) {
    const contact = contacts.add()
    const first = pick(random, FIRST)
    const last = pick(random, LAST)
    contacts.set(contact, '1', first)
    contacts.set(contact, '2', last)
    contacts.set(contact, '3', `${first}.${last}.${i}@subscriber.example`.toLowerCase())
    contacts.set(contact, '14', pick(random, COUNTRIES))
    const optIn = random()
    if (optIn < 0.8) contacts.set(contact, '31', optIn < 0.6 ? '1' : '2')
  }
}
