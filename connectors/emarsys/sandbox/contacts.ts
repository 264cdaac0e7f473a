import { randomFrom } from './random.ts'

export type FieldValue = string | readonly string[]

export type Contact = {
  readonly id: number
  readonly uid: string
  /** By slot, not by field id: field 9001 would otherwise make every contact a hash table of its own. */
  values: (FieldValue | undefined)[]
}

/** A contact as it is shown: `id`, `uid` and its fields by number. */
export type ShownContact = { readonly [field: string]: FieldValue }

type Index = Map<string, Contact | Contact[]>

const FIRST_ID = 41_001
const UID_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'

/**
 * The contacts of the account, with one map per key field. A key may belong to several contacts (that is what answer
 * 2010 is about). E-mail keys match whatever their letter case, as mixed-case doubles are reported from live accounts.
 */
export class ContactStore {
  readonly #byId = new Map<number, Contact>()
  readonly #byUid = new Map<string, Contact>()
  readonly #indexes = new Map<string, Index>()
  readonly #slots = new Map<string, number>()
  readonly #random: () => number
  #nextId = FIRST_ID

  constructor(indexed: Iterable<string>, seed: number) {
    for (const field of indexed) this.#indexes.set(field, new Map())
    this.#random = randomFrom(seed)
  }

  get size(): number {
    return this.#byId.size
  }

  /** Whether contacts can be found by this field. */
  isKey(field: string): boolean {
    return field === 'id' || field === 'uid' || this.#indexes.has(field)
  }

  /** Every contact with this key value; empty when there is none. */
  find(field: string, key: string): readonly Contact[] {
    if (field === 'id') return listOf(this.#byId.get(Number(key)))
    if (field === 'uid') return listOf(this.#byUid.get(key))
    return listOf(this.#indexes.get(field)?.get(indexKey(field, key)))
  }

  all(): IterableIterator<Contact> {
    return this.#byId.values()
  }

  byId(id: number): Contact | undefined {
    return this.#byId.get(id)
  }

  value(contact: Contact, field: string): FieldValue | undefined {
    if (field === 'id') return String(contact.id)
    if (field === 'uid') return contact.uid
    const slot = this.#slots.get(field)
    return slot === undefined ? undefined : contact.values[slot]
  }

  /** Adds a contact without fields, whatever else exists. */
  add(): Contact {
    let uid = ''
    for (let i = 0; i < 10; i++) uid += UID_LETTERS[Math.floor(this.#random() * UID_LETTERS.length)]
    const contact: Contact = { id: this.#nextId++, uid, values: [] }
    this.#byId.set(contact.id, contact)
    this.#byUid.set(uid, contact)
    return contact
  }

  /** Stores one field; `undefined` clears it. */
  set(contact: Contact, field: string, value: FieldValue | undefined): void {
    let slot = this.#slots.get(field)
    if (slot === undefined) {
      if (value === undefined) return
      slot = this.#slots.size
      this.#slots.set(field, slot)
    }
    const index = this.#indexes.get(field)
    if (index !== undefined) {
      const before = contact.values[slot]
      if (typeof before === 'string') unlink(index, indexKey(field, before), contact)
      if (typeof value === 'string') link(index, indexKey(field, value), contact)
    }
    // Holes would turn the array into a slow kind.
    while (contact.values.length < slot) contact.values.push(undefined)
    contact.values[slot] = value
  }

  delete(contact: Contact): void {
    for (const [field, slot] of this.#slots) {
      const index = this.#indexes.get(field)
      const value = contact.values[slot]
      if (index !== undefined && typeof value === 'string') unlink(index, indexKey(field, value), contact)
    }
    this.#byId.delete(contact.id)
    this.#byUid.delete(contact.uid)
  }

  show(contact: Contact): ShownContact {
    const shown: { [field: string]: FieldValue } = { id: String(contact.id), uid: contact.uid }
    for (const [field, slot] of this.#slots) {
      const value = contact.values[slot]
      if (value !== undefined) shown[field] = value
    }
    return shown
  }

  /** The contacts with this key as plain records, for tests and the control page. */
  lookUp(field: string, key: string): ShownContact[] {
    return this.find(field, key).map((contact) => this.show(contact))
  }
}

const listOf = (entry: Contact | Contact[] | undefined): readonly Contact[] =>
  entry === undefined ? [] : Array.isArray(entry) ? entry : [entry]

const indexKey = (field: string, key: string): string => (field === '3' ? key.toLowerCase() : key)

const link = (index: Index, key: string, contact: Contact): void => {
  const entry = index.get(key)
  if (entry === undefined) index.set(key, contact)
  else if (Array.isArray(entry)) entry.push(contact)
  else index.set(key, [entry, contact])
}

const unlink = (index: Index, key: string, contact: Contact): void => {
  const entry = index.get(key)
  if (entry === contact) index.delete(key)
  else if (Array.isArray(entry)) {
    const left = entry.filter((other) => other !== contact)
    if (left.length === 1 && left[0] !== undefined) index.set(key, left[0])
    else index.set(key, left)
  }
}
